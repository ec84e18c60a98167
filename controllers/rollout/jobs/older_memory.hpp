// A store that was restored from an older backup, while no container is left that would show it: only the ledgers of
// its databases know that a newer revision has migrated.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

enum class MayStart { Yes, NotYet, No };

// Whether replicas of the revision that is to serve may be started. Where one of the application's replicas is there,
// or a ledger could not be read, nothing speaks against it. Otherwise the ledger of every database that its jobs name
// is read first (NotYet); a newer revision's row in one of them is said, and waits for a person (No).
[[nodiscard]] MayStart may_start_active(Pass& pass);

// Of a rollout that is complete: whether it has said so, and `teal retry` starts its replicas all the same.
[[nodiscard]] bool waits_for_consent(const records::RolloutRecord& record);

}  // namespace teal::rollout
