// The operators' verbs for a rollout: approve, pause, resume, abort, retry, roll back. Pure.
#pragma once

#include "controllers/records/verb_request.hpp"
#include "controllers/rollout/decide.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::rollout {

struct VerbOutcome {
  records::RolloutRecord next;
  records::Event event;
};

// Gives the rollout up on somebody's word: the way back to the active revision begins.
void turn_back(records::RolloutRecord& record, const spec::Reason& reason, const std::string& message, Time now);

// Paused at a step that only a retry does again: going on as it is would only pause it once more.
[[nodiscard]] bool needs_retry(const records::RolloutRecord& record);

// All but Rollback, which needs the history (controllers/rollout/rollback).
// Errors: conflict when the verb does not apply now, saying why; invalid.
[[nodiscard]] Result<VerbOutcome> apply_verb(const records::RolloutRecord& record, const records::VerbRequest& request,
                                             Time now);

}  // namespace teal::rollout
