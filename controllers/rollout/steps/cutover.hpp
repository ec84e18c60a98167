// Shared by the last phases: traffic has moved, or is about to, and what remains cannot be undone.
#pragma once

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {

// The target is what takes traffic from now on.
void complete_rollout(Pass& pass, const std::string& message);

// What a failed job leads to is done here; true once the rollout may go on.
[[nodiscard]] bool may_go_on(Pass& pass, const JobReport& report);

// It has jobs after the cutover. They take away what the old version needs.
[[nodiscard]] bool has_post_deployment(const Pass& pass);

// From here on the old revision leaves, or what replaced it is final.
void cut_over(Pass& pass, const std::string& message);

}  // namespace teal::rollout
