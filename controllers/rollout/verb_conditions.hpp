// Reasons in the spec in force to refuse a verb that the rollout itself would allow. Pure.
#pragma once

#include "controllers/records/record.hpp"
#include "controllers/records/verb_request.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::rollout {

// Errors: conflict, saying why and what to do instead; denied when the retry of a job whose outcome is unknown is not
// accepted.
[[nodiscard]] Result<void> check_verb(const records::ApplicationRecord& desired, const records::RolloutRecord& record,
                                      const records::VerbRequest& request);

}  // namespace teal::rollout
