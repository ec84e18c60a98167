#include "controllers/rollout/jobs/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/preflight.hpp"

namespace teal::rollout {
namespace {

// Whether this rollout changes the schema, as far as can be known: without jobs of its own nobody can say.
bool migrates(const Pass& pass) {
  const auto& jobs = pass.next.jobs;
  return jobs.empty() || std::ranges::any_of(jobs, [&](const records::JobRecord& one) {
           return one.attempts > 0 ||
                  (one.state == records::JobState::Pending && !pass.world.migrated.contains(one.job));
         });
}

}  // namespace

JobReport prepare_schema(Pass& pass) {
  // M3: not asked yet what is done for this image
  const bool is_known = pass.world.migrated_digest == pass.next.course.target.image_digest;
  if (is_known && !migrates(pass)) {
    leave_out(pass, spec::HookPoint::BeforeMigration);
    leave_out(pass, spec::HookPoint::AfterMigration);
  }
  auto report = is_known ? run_hooks(pass, spec::HookPoint::BeforeMigration) : JobReport{JobProgress::Done, {}};
  if (report.progress == JobProgress::Done) report = migrate(pass, spec::JobPhase::BeforeStart);
  if (report.progress == JobProgress::Done) report = run_hooks(pass, spec::HookPoint::AfterMigration);
  return report;
}

JobReport migrate(Pass& pass, spec::JobPhase phase) {
  if (pass.world.migrated_digest !=
      pass.next.course.target.image_digest) {  // M3: not asked yet what is done for this image
    pass.wake_at(pass.now);
    return {};
  }
  for (const auto& job : pass.spec().migration.jobs) {
    if (job.phase != phase) continue;
    const auto found = std::ranges::find(pass.next.jobs, job.name, &records::JobRecord::job);
    if (found == pass.next.jobs.end()) continue;
    const bool is_untouched = found->state == records::JobState::Pending && found->attempts == 0;
    if (is_untouched && pass.world.migrated.contains(job.name) && !mutants::mutated("m3-done-again")) {  // M3
      found->state = records::JobState::NotNeeded;
      pass.event(spec::Reason::MigrationNotNeeded,
                 fmt::format("migration job {} was done before for this image", job.name));
    }
    const auto report = run_job({pass, job, *found, {}, {}});
    if (report.progress != JobProgress::Done) return report;
  }
  if (auto report = await_grants(pass, phase)) return *report;
  return {JobProgress::Done, {}};
}

std::vector<records::JobRecord> jobs_of(const spec::ApplicationSpec& spec) {
  std::vector<records::JobRecord> jobs;
  if (spec.migration.mode == spec::MigrationMode::ApplicationManaged) return jobs;
  for (const auto& job : spec.migration.jobs) {
    records::JobRecord record;
    record.job = job.name;
    jobs.push_back(std::move(record));
  }
  return jobs;
}

}  // namespace teal::rollout
