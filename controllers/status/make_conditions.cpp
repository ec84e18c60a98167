#include "controllers/status/make_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/traffic/backends.hpp"

namespace teal::status {
namespace {

objects::Condition condition(std::string type, std::string status, spec::Reason reason, std::string message) {
  objects::Condition made;
  made.type = std::move(type);
  made.status = std::move(status);
  made.reason = std::move(reason);
  made.message = std::move(message);
  return made;
}

objects::Condition migrated_condition(const records::RolloutRecord& record) {
  if (record.jobs.empty()) return condition("Migrated", "True", spec::Reason::NoJobs, "there is no migration job");
  for (const auto& job : record.jobs) {
    if (job.state == records::JobState::Failed)
      return condition("Migrated", "False", spec::Reason::MigrationFailed, job.detail);
    if (job.state == records::JobState::Unknown)
      return condition("Migrated", "Unknown", spec::Reason::MigrationUnknown, job.detail);
    if (job.state == records::JobState::Running)
      return condition("Migrated", "False", spec::Reason::Migrating, job.job + " runs");
    if (job.state == records::JobState::Pending && record.course.back)
      continue;  // where somebody goes back to, nothing is taken away
    if (job.state == records::JobState::Pending)
      return condition("Migrated", "False", spec::Reason::Pending, job.job + " has not run yet");
  }
  return condition("Migrated", "True", spec::Reason::MigrationSucceeded, "every migration job is done for this image");
}

// In words of its own: those of the phase say something else.
objects::Condition not_yet(std::string type, std::string message, const records::RolloutRecord& record) {
  const bool is_given_up =
      record.standing.phase == spec::Phase::RollingBack ||
      (records::is_terminal(record.standing.phase) && record.standing.phase != spec::Phase::Complete);
  if (!is_given_up) return condition(std::move(type), "False", spec::Reason::Pending, std::move(message));
  const bool is_superseded = record.outcome.failure.empty();
  return condition(std::move(type), "False",
                   is_superseded ? spec::Reason{spec::Reason::Superseded} : record.outcome.failure_reason,
                   is_superseded ? "a newer spec took its place" : "it was given up: " + record.outcome.failure);
}

// What preflight found, one condition a type: false, and what is wrong with which job's database.
void add_database_conditions(const records::RolloutRecord& record, std::vector<objects::Condition>& all) {
  bool checked = false;
  std::vector<objects::Condition> found;
  std::vector<records::JobRecord> all_jobs = record.jobs;
  all_jobs.insert(all_jobs.end(), record.hooks.begin(), record.hooks.end());
  for (const auto& job : all_jobs) {
    checked = checked || job.database.checked_at.has_value();
    for (const auto& finding : job.database.findings) {
      const auto same = std::ranges::find(found, finding.type, &objects::Condition::type);
      const auto message = job.job + ": " + finding.message;
      if (same == found.end()) {
        found.push_back(condition(finding.type, "False", finding.reason, message));
      } else {
        same->message += "; " + message;
      }
    }
    if (job.database.checked_at && !records::is_terminal(record.standing.phase) &&
        job.state != records::JobState::Succeeded && job.state != records::JobState::NotNeeded) {
      const auto& known = job.database;
      const bool taken = job.state == records::JobState::Running || known.locked || !known.holder.empty();
      if (!taken) continue;
      all.push_back(condition("MigrationLock", known.locked ? "True" : "False",
                              known.locked           ? spec::Reason::Held
                              : known.holder.empty() ? spec::Reason::Lost
                                                     : spec::Reason::HeldByOther,
                              job.job + (known.locked           ? ": held by this Teal"
                                         : known.holder.empty() ? ": not held"
                                                                : ": held by " + known.holder)));
    }
  }
  if (!checked) return;
  const bool clean = found.empty();
  all.push_back(
      condition("Preflight", clean ? "True" : "False", clean ? spec::Reason::NoFindings : found.front().reason,
                clean ? "both users of every database can do what they have to, and no more" : found.front().message));
  all.insert(all.end(), found.begin(), found.end());
}

}  // namespace

bool all_ready(const objects::ApplicationStatus& status) {
  return std::ranges::all_of(status.components,
                             [](const objects::ComponentStatus& one) { return one.ready >= one.desired; });
}

std::vector<objects::Condition> conditions_of(const records::ApplicationRecord& desired,
                                              const std::optional<records::RolloutRecord>& record,
                                              const objects::ApplicationStatus& status, const rollout::Why& why) {
  std::vector<objects::Condition> all;
  // Also while a first version is still being verified: its users are served. That nothing is wanted is so from the
  // manifest, and holds once a version is installed.
  const bool wants_any = std::ranges::any_of(status.components, [](const auto& one) { return one.desired > 0; });
  const bool ready = record && !desired.deleting && all_ready(status) && (wants_any || record->course.active);
  all.push_back(condition("Ready", ready ? "True" : "False",
                          ready ? spec::Reason::AllReplicasReady : spec::Reason::ReplicasNotReady,
                          !ready      ? status.message
                          : wants_any ? "every replica is ready"
                                      : "no replica is wanted: every component is scaled to 0"));
  const bool moving = record && !records::is_terminal(record->standing.phase);
  all.push_back(condition("Progressing", moving ? "True" : "False", why.reason, why.message));
  if (record) {
    all.push_back(migrated_condition(*record));
    add_database_conditions(*record, all);
    const bool has_left_old = rollout::strategy_of(*record) == spec::Strategy::BlueGreen &&
                              rollout::has_entered(*record, spec::Phase::Withdrawing);
    const bool verified =
        has_left_old || rollout::has_cut_over(*record) || record->standing.phase == spec::Phase::Complete;
    all.push_back(verified ? condition("Verified", "True", spec::Reason::Verified,
                                       rollout::is_balanced(*record)
                                           ? "the new replicas were healthy, also through the load balancer"
                                           : "the new replicas were healthy")
                           : not_yet("Verified", "the new replicas have not been verified yet", *record));
    if (record->outcome.reason == spec::Reason::MemoryOlderThanWorld)
      all.push_back(condition("MemoryOlderThanWorld", "True", record->outcome.reason, record->outcome.message));
    const bool drained = rollout::has_entered(*record, spec::Phase::Retiring);
    all.push_back(drained ? condition("Drained", "True", spec::Reason::Drained,
                                      rollout::is_balanced(*record) ? "the old replicas are out of every load balancer"
                                                                    : "the old replicas had no clients to wait for")
                          : not_yet("Drained", "the old replicas have not been asked to leave yet", *record));
  }
  const bool is_kept =
      record && (!records::is_terminal(record->standing.phase) || record->standing.phase == spec::Phase::Complete);
  if (is_kept && !record->course.same_image.empty()) {
    all.push_back(condition("SameImage", "True", spec::Reason::SameImage, record->course.same_image));
  }
  const bool accepted = desired.problem.empty();
  all.push_back(condition("ManifestAccepted", accepted ? "True" : "False",
                          accepted ? spec::Reason::Accepted : spec::Reason::ManifestRefused,
                          accepted ? "the manifest is in force" : desired.problem));
  if (desired.application.spec.restart_on_change && desired.values.known) {
    const bool readable = desired.values.problem.empty();
    all.push_back(condition("SecretsReadable", readable ? "True" : "False",
                            readable ? spec::Reason::Read : spec::Reason::SecretUnreadable,
                            readable ? "every secret and env file can be read" : desired.values.problem));
  }
  if (desired.orphaned && !desired.deleting) {
    all.push_back(condition("Orphaned", "True", spec::Reason::ManifestRemoved,
                            desired.file + " is gone; the application runs on"));
  }
  return all;
}

void add_tag_condition(const std::optional<records::RolloutRecord>& record, const rollout::Observed& world,
                       std::vector<objects::Condition>& conditions) {
  if (!record || !record->course.active || world.tag_digest.empty() ||
      world.tag_digest == record->course.active->image_digest)
    return;
  conditions.push_back(condition("TagMoved", "True", spec::Reason::TagMoved,
                                 fmt::format("{} names {} now; revision {} keeps running {}",
                                             image_reference(record->course.active->application.spec), world.tag_digest,
                                             record->course.active->number, record->course.active->image_digest)));
}

void add_certificate_condition(const rollout::Observed& world, Time now, std::vector<objects::Condition>& conditions) {
  constexpr auto soon = std::chrono::days{14};
  std::string text;
  bool any_ended = false;
  for (const auto& [host, one] : world.certificates) {
    if (one.expires - now >= soon) continue;
    const bool has_ended = one.expires <= now;
    any_ended = any_ended || has_ended;
    const auto days = std::chrono::floor<std::chrono::days>(one.expires - now).count();
    text += fmt::format("{}{} of {} {} {}", text.empty() ? "" : "; ", one.name, host.empty() ? "every host" : host,
                        has_ended ? "ended at" : "ends at", format_time(one.expires));
    if (!has_ended) text += fmt::format(" (in {} day{})", days, days == 1 ? "" : "s");
  }
  if (world.certificates.empty()) return;
  conditions.push_back(text.empty()
                           ? condition("Certificates", "True", spec::Reason::CertificatesValid,
                                       "no certificate of its routes ends within 14 days")
                           : condition("Certificates", "False",
                                       any_ended ? spec::Reason::CertificateEnded : spec::Reason::CertificateEndsSoon,
                                       text + ": renew it; the new file is taken over without a reload"));
}

void add_left_behind_condition(const rollout::Observed& world, std::vector<objects::Condition>& conditions) {
  std::string text;
  for (const auto& container : world.containers) {
    if (!rollout::is_left_behind(world, container) && !rollout::cannot_be_ended(world, container)) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", container.name, rollout::why_it_stays(world, container));
  }
  if (text.empty()) return;
  conditions.push_back(condition("LeftBehind", "True", spec::Reason::LeftBehind,
                                 "no traffic reaches it, the engine cannot remove it, and that is tried on: " + text));
}

std::vector<objects::Condition> unobserved_conditions(const records::ApplicationRecord& desired,
                                                      const rollout::Why& why,
                                                      const objects::ApplicationStatus& before) {
  static const std::string unreadable{to_string(spec::Reason::StoredSpecUnreadable)};
  std::vector<objects::Condition> conditions;
  for (const auto& old : before.conditions) {
    if (old.type != "Ready" && old.type != "ManifestAccepted" && old.type != unreadable) conditions.push_back(old);
  }
  if (why.reason == spec::Reason::StoredSpecUnreadable) {
    conditions.push_back(condition(unreadable, "True", why.reason, why.message));
  }
  conditions.push_back(condition("Ready", "Unknown", why.reason, why.message));
  const bool accepted = desired.problem.empty();
  conditions.push_back(condition("ManifestAccepted", accepted ? "True" : "False",
                                 accepted ? spec::Reason::Accepted : spec::Reason::ManifestRefused, desired.problem));
  return conditions;
}

void keep_transition_times(std::vector<objects::Condition>& conditions, const objects::ApplicationStatus& before,
                           Time now) {
  for (auto& one : conditions) {
    const auto old = std::ranges::find(before.conditions, one.type, &objects::Condition::type);
    one.last_transition = old != before.conditions.end() && old->status == one.status ? old->last_transition : now;
  }
}

}  // namespace teal::status
