// The migration jobs of one revision: in order, one at a time, each attempt started at most once (M1–M5).
#pragma once

#include <optional>

#include "controllers/rollout/pass.hpp"

namespace teal {

enum class MigrationProgress { Running, Done, Failed };

struct MigrationReport {
  MigrationProgress progress = MigrationProgress::Running;
  Why why;  // when Failed
};

// Advances the jobs of one phase of the manifest; Done needs the engine's own evidence for every one.
[[nodiscard]] MigrationReport migrate(Pass& pass, JobPhase phase);

// Waits for an attempt that is under way and puts its end on record, but starts nothing; true when none is left.
[[nodiscard]] bool settle_job(Pass& pass, bool may_repeat);

// A job container of this application that may still be working, of whichever revision.
[[nodiscard]] const Container* running_job(const Pass& pass);

// The jobs of a new rollout, all Pending; none when the application manages its own schema.
[[nodiscard]] std::vector<JobRecord> jobs_of(const ApplicationSpec& spec);

}  // namespace teal
