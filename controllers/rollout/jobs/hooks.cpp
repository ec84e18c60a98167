#include "controllers/rollout/jobs/hooks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/rules.hpp"

namespace teal::rollout {
namespace {

std::string reason_of(const records::RolloutRecord& record) {
  if (record.standing.phase == spec::Phase::RollingBack && !record.outcome.failure_reason.empty())
    return std::string{to_string(record.outcome.failure_reason)};
  if (record.course.back) return "Rollback";
  if (!record.course.active) return "Install";
  return record.course.from_version == record.course.target.application.spec.version ? "Change" : "Upgrade";
}

bool has_failed(const records::JobRecord& record) {
  return record.state == records::JobState::Failed || record.state == records::JobState::Unknown;
}

}  // namespace

JobReport run_hooks(Pass& pass, spec::HookPoint point) {
  const auto& rules = rules_of(pass.next);
  if (!rules.all_hooks && point != rules.last_hooks) return {JobProgress::Done, {}};
  for (const auto& hook : spec::hooks_at(pass.spec().hooks, point)) {
    const auto found = std::ranges::find(pass.next.hooks, hook.name, &records::JobRecord::job);
    if (found == pass.next.hooks.end()) continue;
    const bool blocks = is_blocking(pass.spec(), hook.name);
    if (!blocks && has_failed(*found)) continue;
    auto report = run_job({pass, hook, *found, point, {}});
    if (report.progress == JobProgress::Failed && !blocks) {
      pass.warning(report.why.reason, fmt::format("{}; the rollout goes on without it", report.why.message));
      continue;
    }
    if (report.progress != JobProgress::Done) return report;
  }
  return {JobProgress::Done, {}};
}

void leave_out(Pass& pass, spec::HookPoint point) {
  for (auto& record : pass.next.hooks) {
    if (record.state != records::JobState::Pending || record.attempts > 0) continue;
    if (spec::find_hook(pass.spec().hooks, record.job) == point) record.state = records::JobState::NotNeeded;
  }
}

bool is_blocking(const spec::ApplicationSpec& spec, std::string_view hook) {
  const auto* job = spec::find_job(spec, hook);
  return job != nullptr && job->required && spec::find_hook(spec.hooks, hook) != spec::HookPoint::OnRollback;
}

std::string title_of(const spec::ApplicationSpec& spec, std::string_view job) {
  const auto point = spec::find_hook(spec.hooks, job);
  return point ? fmt::format("{} hook {}", to_string(*point), job) : fmt::format("migration job {}", job);
}

records::JobRecord* find_record(records::RolloutRecord& rollout, std::string_view job) {
  for (auto* records : {&rollout.jobs, &rollout.hooks}) {
    const auto found = std::ranges::find(*records, job, &records::JobRecord::job);
    if (found != records->end()) return &*found;
  }
  return nullptr;
}

std::vector<records::JobRecord> hooks_of(const spec::ApplicationSpec& spec) {
  std::vector<records::JobRecord> hooks;
  for (const auto point : spec::hook_points) {
    for (const auto& hook : spec::hooks_at(spec.hooks, point)) {
      records::JobRecord record;
      record.job = hook.name;
      hooks.push_back(std::move(record));
    }
  }
  return hooks;
}

std::vector<std::pair<std::string, std::string>> hook_variables(const records::RolloutRecord& record) {
  return {{"TEAL_APPLICATION", record.application},
          {"TEAL_FROM_VERSION", record.course.from_version},
          {"TEAL_TO_VERSION", record.course.target.application.spec.version},
          {"TEAL_REVISION", std::to_string(record.course.target.number)},
          {"TEAL_REASON", reason_of(record)}};
}

}  // namespace teal::rollout
