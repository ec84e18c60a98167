#include "controllers/rollout/outcome_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "manifests/spec/diff.hpp"

namespace teal::rollout {

bool migrated_itself(const records::RolloutRecord& record) {
  if (record.course.target.application.spec.migration.mode != spec::MigrationMode::ApplicationManaged) return false;
  return std::ranges::any_of(record.standing.phases,
                             [](const records::PhaseSpan& span) { return span.phase == spec::Phase::Starting; });
}

bool has_run_post_deployment(const records::RolloutRecord& record) {
  if (!record.course.active || record.course.active->image_digest == record.course.target.image_digest) return false;
  return std::ranges::any_of(record.course.target.application.spec.migration.jobs, [&](const spec::Job& job) {
    const auto ran = std::ranges::find(record.jobs, job.name, &records::JobRecord::job);
    return job.phase == spec::JobPhase::AfterCutover && ran != record.jobs.end() && ran->attempts > 0;
  });
}

std::string way_back_while_leaving(const records::RolloutRecord& record) {
  if (!record.course.active) return "the new version serves: there is no earlier one";
  if (has_run_post_deployment(record)) {
    return "its post-deployment step has begun, and what ran before does not fit the schema any more: the way is "
           "forward, to a "
           "newer spec.version";
  }
  if (!record.course.back) return "the old replicas are leaving: teal rollback brings them back";
  return fmt::format(
      "the old replicas are leaving, and a rollback is not rolled back: once it has ended, teal rollback "
      "{} --to-revision {} leads back to {}",
      record.application, record.course.active->number, record.course.active->application.spec.version);
}

std::string schema_note(const records::RolloutRecord& record) {
  // One that was given up leaves what served before it: no other version has to work with the schema than did already.
  const bool is_given_up =
      record.standing.phase == spec::Phase::RollingBack ||
      (records::is_terminal(record.standing.phase) && record.standing.phase != spec::Phase::Complete);
  if (record.course.back && !is_given_up) return record.course.back->note;
  const auto& version = record.course.target.application.spec.version;
  const bool done = std::ranges::any_of(
      record.jobs, [](const records::JobRecord& job) { return job.state == records::JobState::Succeeded; });
  const bool tried = std::ranges::any_of(record.jobs, [](const records::JobRecord& job) { return job.attempts > 0; });
  if (done) {
    return fmt::format("the schema stays as {} migrated it: migrations are never undone", version);
  }
  if (tried || migrated_itself(record)) {
    return fmt::format("what {} may have changed in the schema stays: migrations are never undone", version);
  }
  const bool is_another_image =
      record.course.active && record.course.active->image_digest != record.course.target.image_digest;
  const bool done_before = std::ranges::any_of(
      record.jobs, [](const records::JobRecord& job) { return job.state == records::JobState::NotNeeded; });
  if (done_before && is_another_image && !record.course.back) {
    return fmt::format("the schema stays: it was migrated for {} before, and migrations are never undone", version);
  }
  return {};
}

std::string not_retried(const records::ApplicationRecord& desired,
                        const std::optional<records::RolloutRecord>& record) {
  if (!record || !records::is_terminal(record->standing.phase) || record->generation != desired.generation) return {};
  if (record->orders.retry || record->orders.rollback || record->standing.phase == spec::Phase::Superseded) return {};
  const auto& wanted = desired.application.spec;
  if (record->course.active &&
      spec::classify(record->course.active->application.spec, wanted) != spec::ChangeKind::NewRevision)
    return {};
  const auto what_to_do =
      fmt::format("it is not tried again by itself: change the spec, or run teal retry {}", record->application);
  if (record->course.back && record->standing.phase == spec::Phase::Complete) {
    return fmt::format("the spec in force says {}, but {} rolled back to {} (as in revision {}); {}", wanted.version,
                       record->course.back->by, record->course.active->application.spec.version,
                       record->course.back->to_revision, what_to_do);
  }
  if (record->standing.phase == spec::Phase::Complete) return {};
  const auto& tried =
      record->course.final_version.empty() ? wanted.version : record->course.target.application.spec.version;
  return fmt::format("{} {} ({}); {}", tried,
                     record->standing.phase == spec::Phase::RolledBack ? "was rolled back" : "was given up",
                     record->outcome.failure, what_to_do);
}

}  // namespace teal::rollout
