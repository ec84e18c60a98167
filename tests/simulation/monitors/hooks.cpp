// Hooks: once per rollout, at their point, in order, and a required one that has not succeeded blocks.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

const records::JobRecord* find_record(const std::vector<records::JobRecord>& records, const std::string& name) {
  const auto found = std::ranges::find(records, name, &records::JobRecord::job);
  return found == records.end() ? nullptr : &*found;
}

bool has_ended(const records::JobRecord& record) {
  return record.state != records::JobState::Pending && record.state != records::JobState::Running;
}

bool has_failed(const records::JobRecord& record) {
  return record.state == records::JobState::Failed || record.state == records::JobState::Unknown;
}

// Where a rollout stands while hooks of this point may run.
bool is_place(spec::HookPoint point, const records::RolloutRecord& record) {
  switch (point) {
    case spec::HookPoint::BeforeMigration:
    case spec::HookPoint::AfterMigration:
      return record.standing.phase == spec::Phase::Migrating && !record.course.back;
    case spec::HookPoint::BeforeCutover:
      return record.standing.phase == spec::Phase::Verifying && !record.course.back;
    case spec::HookPoint::AfterCutover:
      return record.standing.phase == spec::Phase::Retiring && !record.course.back;
    case spec::HookPoint::OnRollback:
      return record.standing.phase == spec::Phase::RollingBack ||
             (record.standing.phase == spec::Phase::Retiring && record.course.back);
  }
  return false;
}

}  // namespace

void Monitors::check_hook(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record) {
  const auto& seen = stored.seen;
  const auto& hooks = record.course.target.application.spec.hooks;
  const auto point = spec::find_hook(hooks, seen.unit);
  if (!point) return;
  if (!is_place(*point, record))
    report(Promise::Hooks, seen.name,
           fmt::format("{} hook {} starts while the rollout is {}", to_string(*point), seen.name,
                       to_string(record.standing.phase)));
  if (hooks_on_record_.contains({seen.application, seen.revision, seen.unit}))
    report(Promise::Hooks, seen.name, fmt::format("hook {} is run again, and it had succeeded", seen.name));
  for (const auto& other : spec::hooks_at(hooks, *point)) {
    if (other.name == seen.unit) break;
    const auto* before = find_record(record.hooks, other.name);
    if (before == nullptr) continue;
    const bool may_follow =
        has_ended(*before) && (!has_failed(*before) || !other.required || *point == spec::HookPoint::OnRollback);
    if (!may_follow)
      report(Promise::Hooks, seen.name, fmt::format("hook {} starts before {} has ended well", seen.name, other.name));
  }
  const auto& jobs = record.course.target.application.spec.migration.jobs;
  for (const auto& job : jobs) {
    const auto* known = find_record(record.jobs, job.name);
    if (known == nullptr || job.phase != spec::JobPhase::BeforeStart) continue;
    if (*point == spec::HookPoint::BeforeMigration && known->attempts > 0 && known->state == records::JobState::Running)
      report(Promise::Hooks, seen.name, fmt::format("hook {} starts after job {} has begun", seen.name, job.name));
    if (*point == spec::HookPoint::AfterMigration && !is_done(seen.application, job.name, seen.image_id))
      report(Promise::Hooks, seen.name, fmt::format("hook {} starts before job {} is done", seen.name, job.name));
  }
}

// Nothing is migrated in this rollout, so hooks around it have nothing to do.
bool Monitors::is_left_out_rightly(const records::RolloutRecord& record) const {
  return std::ranges::all_of(record.jobs, [](const records::JobRecord& job) { return job.attempts == 0; });
}

void Monitors::check_hooks(const records::RolloutRecord& record, spec::Phase before) {
  const auto& spec = record.course.target.application.spec;
  const auto name = records::rollout_name(record);
  for (const auto& hook : record.hooks) {
    if (hook.state != records::JobState::Succeeded) continue;
    if (!hooks_on_record_.insert({record.application, record.course.target.number, hook.job}).second) continue;
    const auto container =
        spec::container_name(record.application, hook.job, record.course.target.number, hook.attempts);
    const auto truth = job_truth_.find(container);
    if (truth == job_truth_.end() || !truth->second.well)
      report(Promise::Hooks, container, fmt::format("hook {} is on record as Succeeded, and has not", container));
  }
  if (before == record.standing.phase || record.course.back) return;
  // A newer spec may pass over what a cutover has left undone.
  const auto* wanted = models_.store->application(record.application);
  const bool given_up = wanted && wanted->generation != record.generation;
  const auto passed = [&](spec::HookPoint point, bool may_be_left_out) {
    for (const auto& hook : spec::hooks_at(spec.hooks, point)) {
      const auto* known = find_record(record.hooks, hook.name);
      if (known == nullptr || known->state == records::JobState::Succeeded) continue;
      if (!has_ended(*known) || (known->state == records::JobState::NotNeeded && !may_be_left_out) ||
          (has_failed(*known) && hook.required))
        report(Promise::Hooks, name + hook.name,
               fmt::format("{} is {}, and {} hook {} is {}", name, to_string(record.standing.phase), to_string(point),
                           hook.name, to_string(known->state)));
    }
  };
  if (before == spec::Phase::Migrating && record.standing.phase == spec::Phase::Starting) {
    passed(spec::HookPoint::BeforeMigration, is_left_out_rightly(record));
    passed(spec::HookPoint::AfterMigration, is_left_out_rightly(record));
  }
  const bool is_over =
      record.standing.phase == spec::Phase::Withdrawing || record.standing.phase == spec::Phase::Retiring ||
      record.standing.phase == spec::Phase::Complete || record.standing.phase == spec::Phase::AwaitingApproval;
  if (before == spec::Phase::Verifying && is_over) passed(spec::HookPoint::BeforeCutover, false);
  if (record.standing.phase != spec::Phase::Complete || given_up) return;
  passed(spec::HookPoint::AfterCutover, false);
  if (spec.migration.mode == spec::MigrationMode::ApplicationManaged) return;
  for (const auto& job : spec.migration.jobs) {
    if (is_done(record.application, job.name, record.course.target.image_id)) continue;
    report(Promise::M3, name + job.name, fmt::format("{} is Complete, and job {} was skipped", name, job.name));
  }
}

}  // namespace teal::simulation
