// One job of a revision, of its migration or a hook: attempts one after another, each started at most once (M1–M5).
#pragma once

#include <optional>

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

enum class JobProgress { Running, Done, Failed };

struct JobReport {
  JobProgress progress = JobProgress::Running;
  Why why;  // when Failed
};

// What may be done about a job: while a rollout is paused or taken back, only its end is waited for.
struct Leave {
  bool start = true;
  bool repeat = true;
};

struct JobPass {
  Pass& pass;
  const spec::Job& job;
  records::JobRecord& record;
  std::optional<spec::HookPoint> hook;  // none: a job of the migration
  Leave leave;
};

// Advances it. Done needs the engine's own evidence; Failed is said again at each call until an operator retries.
[[nodiscard]] JobReport run_job(const JobPass& at);

// Waits for an attempt that is under way and puts its end on record, but starts nothing; true when none is left.
// A hook of the rollback itself is no business of it.
[[nodiscard]] bool settle_jobs(Pass& pass, bool may_repeat);

// Ends a job for good, which only the manifest (killAfter) or an admin (teal end-job) can ask for: once its timeout has
// passed and its one stop signal was of no use. Of every job that runs, in whatever phase the rollout is.
void kill_jobs(Pass& pass);
// When the manifest in force has it killed; nothing: never.
[[nodiscard]] std::optional<Time> kill_due(const Pass& pass, const world::Container& job);
// What an admin types to end it: "teal end-job shop --job default --confirm shop".
[[nodiscard]] std::string end_job_text(const Pass& pass, const world::Container& job);

// What is waited for while it runs, and how an operator ends it: "waiting for teal-shop-default-r7-1 to end: …".
[[nodiscard]] std::string still_running_text(const Pass& pass, const world::Container& job);

// A job container of this application that may still be working, of whichever revision.
[[nodiscard]] const world::Container* running_job(const Pass& pass);

}  // namespace teal::rollout
