// The migration of one revision: its jobs in order, one at a time.
#pragma once

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {

// The hooks before, the jobs that run before the new version starts, and the hooks after.
[[nodiscard]] JobReport prepare_schema(Pass& pass);

// Advances the jobs of one phase of the manifest; Done needs the engine's own evidence for every one.
[[nodiscard]] JobReport migrate(Pass& pass, spec::JobPhase phase);

// The jobs of a new rollout, all Pending; none when the application manages its own schema.
[[nodiscard]] std::vector<records::JobRecord> jobs_of(const spec::ApplicationSpec& spec);

}  // namespace teal::rollout
