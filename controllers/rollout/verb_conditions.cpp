#include "controllers/rollout/verb_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/older_memory.hpp"
#include "manifests/spec/diff.hpp"

namespace teal::rollout {
namespace {

Error not_now(std::string message) { return {ErrorCode::conflict, std::move(message)}; }

// A retry that nothing would begin must not stay on record: until it has begun, nothing else may be asked for.
Result<void> check_retry(const records::ApplicationRecord& desired, const records::RolloutRecord& record) {
  const auto& name = record.application;
  const auto& wanted = desired.application.spec;
  if (record.orders.paused && record.outcome.failure.empty()) {
    return not_now(
        fmt::format("retry does not apply to rollout {} ({}): it is paused and has not failed: teal resume "
                    "{} lets it go on",
                    records::rollout_name(record), to_string(record.standing.phase), name));
  }
  if (!records::is_terminal(record.standing.phase) && record.standing.phase != spec::Phase::RollingBack) return {};
  if (wanted.suspend) return not_now("spec.suspend is true: nothing starts before it is false");
  if (waits_for_consent(record)) return {};
  const bool goes_back =
      record.course.back && record.standing.phase != spec::Phase::Complete;  // that is tried again, whatever is wanted
  if (goes_back || !record.course.active || records::has_old_values(desired, *record.course.active)) return {};
  if (spec::classify(record.course.active->application.spec, wanted) == spec::ChangeKind::NewRevision) return {};
  return not_now(
      fmt::format("retry does not apply to rollout {} ({}): nothing is left to roll out, since the spec in "
                  "force asks for what runs, {}",
                  records::rollout_name(record), to_string(record.standing.phase), wanted.version));
}

// A job that may have run is run again only by somebody who says that they have looked (M4).
Result<void> check_outcomes(const records::RolloutRecord& record) {
  const auto& spec = record.course.target.application.spec;
  const auto is_open = [&](const records::JobRecord& job) {
    return job.state == records::JobState::Unknown &&
           (!spec::find_hook(spec.hooks, job.job) || is_blocking(spec, job.job));
  };
  const auto of_migration = std::ranges::find_if(record.jobs, is_open);
  const auto of_hooks = std::ranges::find_if(record.hooks, is_open);
  if (of_migration == record.jobs.end() && of_hooks == record.hooks.end()) return {};
  const auto& job = of_migration == record.jobs.end() ? *of_hooks : *of_migration;
  return Error{
      ErrorCode::denied,
      fmt::format("the outcome of job {} is unknown: it may have done its work, or part of it. Check what it left "
                  "behind, then confirm: teal retry {} --confirm {}",
                  job.job, record.application, record.application)};
}

}  // namespace

Result<void> check_verb(const records::ApplicationRecord& desired, const records::RolloutRecord& record,
                        const records::VerbRequest& request) {
  if (request.verb == records::Verb::EndJob) return {};  // a deletion waits for a job as well
  if (desired.deleting) return not_now(fmt::format("application {} is being deleted", desired.application.name));
  if (request.verb != records::Verb::Retry) return {};
  if (auto allowed = check_retry(desired, record); !allowed) return allowed;
  return request.accepts_unknown ? Result<void>{} : check_outcomes(record);
}

}  // namespace teal::rollout
