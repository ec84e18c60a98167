// Checks that the database is ready for the migration, and afterwards for the application.
#pragma once

#include <optional>

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {

// Looks at the database of every job and hook that names one, with both users, before anything is started; true once
// nothing stands in the way. Otherwise it waits for what may go away by itself, or has given the rollout up.
[[nodiscard]] bool preflight(Pass& pass);

// After a phase's jobs: can the application user use all that they made (the forgotten GRANT)? None: it can.
[[nodiscard]] std::optional<JobReport> await_grants(Pass& pass, spec::JobPhase phase);

}  // namespace teal::rollout
