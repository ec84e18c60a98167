// Returns to an earlier revision at an operator's request (`teal rollback`). Pure.
//
// Before the old replicas are removed it is an abort. While they are being removed or kept, the remaining ones serve
// again. After the rollout has ended it is a new rollout, with the older revision's spec and image as recorded.
// Migrations are never undone: the schema stays, so the older revision must still work with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/rollout/verbs.hpp"

namespace teal::rollout {

struct RollbackChoice {
  enum class Way {
    Abort,   // the rollout is given up; the old replicas serve still
    Return,  // the old replicas that are still there take the traffic back
    Anew,    // a new rollout, to a revision of the past
  };
  Way way = Way::Abort;
  records::Revision to;
  std::string note;  // what becomes of the schema; empty when nothing was migrated
};

// `history`: every rollout on record, newest first. `to_revision` unset: the one before.
// Errors: not_found (no such revision on record), conflict (not now, or it does not fit), each with the way out.
[[nodiscard]] Result<RollbackChoice> choose_rollback(const records::ApplicationRecord& desired,
                                                     const records::RolloutRecord& record,
                                                     const std::vector<records::RolloutRecord>& history,
                                                     std::optional<int> to_revision);

// What a plan says of a spec that is older than what has migrated the schema; empty when it is not, or nothing has.
[[nodiscard]] std::string downgrade_note(const std::vector<records::RolloutRecord>& history,
                                         const spec::ApplicationSpec& wanted);

// Puts the choice on record.
[[nodiscard]] Result<VerbOutcome> roll_back(const records::RolloutRecord& record, const RollbackChoice& choice,
                                            const records::VerbRequest& request, Time now);

// The next rollout as `order` wants it.
void follow_order(records::RolloutRecord& fresh, const records::RollbackOrder& order, const spec::Application& shelved);

}  // namespace teal::rollout
