// The transition table: which phase follows which, and what holds in each.
//
//   BlueGreen  Pending → Preparing → Migrating → Starting → Introducing → Verifying → Withdrawing → Retiring → Complete
//   Recreate   Pending → Preparing → Withdrawing → Retiring → Migrating → Starting → Introducing → Verifying → Complete
//
// What is left once a Recreate is verified (hooks after the cutover, the post-deployment step of the migration) is done
// in a second Retiring, from which there is no way back. AwaitingApproval stands before Migrating or Withdrawing and
// returns there. From every phase in which the old replicas still serve, RollingBack leads to RolledBack, Failed (there
// was nothing to go back to) or Superseded.
#pragma once

#include "controllers/records/record.hpp"

namespace teal::rollout {

// The way this rollout goes: the spec's, or the one that the upgrade policy demands.
[[nodiscard]] spec::Strategy strategy_of(const records::RolloutRecord& record);

[[nodiscard]] spec::Phase phase_after(spec::Phase phase, spec::Strategy strategy);

// The last phase before Complete: the old revision is on its way out for good.
[[nodiscard]] bool is_last_phase(const records::RolloutRecord& record);

// The old revision is kept complete: dead replicas are replaced, lost servers registered again.
[[nodiscard]] bool keeps_old(const records::RolloutRecord& record);

// It has been in the phase, or is.
[[nodiscard]] bool has_entered(const records::RolloutRecord& record, spec::Phase phase);

// It goes forward and has not come to the phase yet; while it waits for approval it stands where that is asked for.
[[nodiscard]] bool is_before(const records::RolloutRecord& record, spec::Phase phase);

// Nothing has been changed yet, neither by a migration nor by taking the old revision away: what would stop it later
// can still be looked for.
[[nodiscard]] bool is_still_preparing(const records::RolloutRecord& record);

// A Recreate that was verified: what is left cannot be undone.
[[nodiscard]] bool has_cut_over(const records::RolloutRecord& record);

// Giving up now still leads back to the old revision.
[[nodiscard]] bool can_roll_back(const records::RolloutRecord& record);

// It is on its way back, and may begin once more as soon as that has ended: nobody has asked for it, and no newer spec
// nor a rollback is what it is for.
[[nodiscard]] bool may_be_retried(const records::RolloutRecord& record);

// What it ends as once it is given up. A rollback that fails is not rolled back: what serves stays.
[[nodiscard]] spec::Phase ends_as(const records::RolloutRecord& record);

// The target's replicas are wanted / are wanted in the load balancers.
[[nodiscard]] bool wants_target(const records::RolloutRecord& record);
[[nodiscard]] bool wants_target_registered(const records::RolloutRecord& record);

}  // namespace teal::rollout
