#include "controllers/status/make_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"

namespace teal {
namespace {

Condition condition(std::string type, std::string status, Reason reason, std::string message) {
  Condition made;
  made.type = std::move(type);
  made.status = std::move(status);
  made.reason = std::move(reason);
  made.message = std::move(message);
  return made;
}

Condition migrated_condition(const RolloutRecord& record) {
  if (record.jobs.empty()) return condition("Migrated", "True", Reason::NoJobs, "there is no migration job");
  for (const auto& job : record.jobs) {
    if (job.state == JobState::Failed) return condition("Migrated", "False", Reason::MigrationFailed, job.detail);
    if (job.state == JobState::Unknown) return condition("Migrated", "Unknown", Reason::MigrationUnknown, job.detail);
    if (job.state == JobState::Running) return condition("Migrated", "False", Reason::Migrating, job.job + " runs");
    if (job.state == JobState::Pending && record.course.back) continue;  // where somebody goes back to, nothing is taken away
    if (job.state == JobState::Pending)
      return condition("Migrated", "False", Reason::Pending, job.job + " has not run yet");
  }
  return condition("Migrated", "True", Reason::MigrationSucceeded, "every migration job is done for this image");
}

// What preflight found, one condition a type: false, and what is wrong with which job's database.
void add_database_conditions(const RolloutRecord& record, std::vector<Condition>& all) {
  bool checked = false;
  std::vector<Condition> found;
  std::vector<JobRecord> all_jobs = record.jobs;
  all_jobs.insert(all_jobs.end(), record.hooks.begin(), record.hooks.end());
  for (const auto& job : all_jobs) {
    checked = checked || job.database.checked_at.has_value();
    for (const auto& finding : job.database.findings) {
      const auto same = std::ranges::find(found, finding.type, &Condition::type);
      const auto message = job.job + ": " + finding.message;
      if (same == found.end()) {
        found.push_back(condition(finding.type, "False", finding.reason, message));
      } else {
        same->message += "; " + message;
      }
    }
    if (job.database.checked_at && !is_terminal(record.standing.phase) && job.state != JobState::Succeeded &&
        job.state != JobState::NotNeeded) {
      const auto& known = job.database;
      const bool taken = job.state == JobState::Running || known.locked || !known.holder.empty();
      if (!taken) continue;
      all.push_back(condition("MigrationLock", known.locked ? "True" : "False",
                              known.locked           ? Reason::Held
                              : known.holder.empty() ? Reason::Lost
                                                     : Reason::HeldByOther,
                              job.job + (known.locked           ? ": held by this Teal"
                                         : known.holder.empty() ? ": not held"
                                                                : ": held by " + known.holder)));
    }
  }
  if (!checked) return;
  const bool clean = found.empty();
  all.push_back(
      condition("Preflight", clean ? "True" : "False", clean ? Reason::NoFindings : found.front().reason,
                clean ? "both users of every database can do what they have to, and no more" : found.front().message));
  all.insert(all.end(), found.begin(), found.end());
}

}  // namespace

bool all_ready(const ApplicationStatus& status) {
  return std::ranges::all_of(status.components, [](const ComponentStatus& one) { return one.ready >= one.desired; });
}

std::vector<Condition> conditions_of(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record,
                                     const ApplicationStatus& status, const Why& why) {
  std::vector<Condition> all;
  const bool ready = !status.components.empty() && all_ready(status) && record && record->course.active;
  all.push_back(condition("Ready", ready ? "True" : "False",
                          ready ? Reason::AllReplicasReady : Reason::ReplicasNotReady,
                          ready ? "every replica is ready" : status.message));
  const bool moving = record && !is_terminal(record->standing.phase);
  all.push_back(condition("Progressing", moving ? "True" : "False", why.reason, why.message));
  if (record) {
    all.push_back(migrated_condition(*record));
    add_database_conditions(*record, all);
    const bool has_left_old = strategy_of(*record) == Strategy::BlueGreen && has_entered(*record, Phase::Withdrawing);
    const bool verified = has_left_old || has_cut_over(*record) || record->standing.phase == Phase::Complete;
    all.push_back(condition(
        "Verified", verified ? "True" : "False", verified ? Reason::Verified : record->outcome.reason,
        verified ? "the new replicas were healthy, also through the load balancer" : record->outcome.message));
    const bool drained = has_entered(*record, Phase::Retiring);
    all.push_back(condition("Drained", drained ? "True" : "False", drained ? Reason::Drained : record->outcome.reason,
                            drained ? "the old replicas are out of every load balancer" : record->outcome.message));
  }
  const bool accepted = desired.problem.empty();
  all.push_back(condition("ManifestAccepted", accepted ? "True" : "False",
                          accepted ? Reason::Accepted : Reason::ManifestRefused,
                          accepted ? "the manifest is in force" : desired.problem));
  if (desired.application.spec.restart_on_change && desired.values.known) {
    const bool readable = desired.values.problem.empty();
    all.push_back(condition("SecretsReadable", readable ? "True" : "False",
                            readable ? Reason::Read : Reason::SecretUnreadable,
                            readable ? "every secret and env file can be read" : desired.values.problem));
  }
  if (desired.orphaned && !desired.deleting) {
    all.push_back(
        condition("Orphaned", "True", Reason::ManifestRemoved, desired.file + " is gone; the application runs on"));
  }
  return all;
}

void add_tag_condition(const std::optional<RolloutRecord>& record, const Observed& world,
                       std::vector<Condition>& conditions) {
  if (!record || !record->course.active || world.tag_digest.empty() || world.tag_digest == record->course.active->image_digest)
    return;
  conditions.push_back(condition("TagMoved", "True", Reason::TagMoved,
                                 fmt::format("{} names {} now; revision {} keeps running {}",
                                             image_reference(record->course.active->application.spec), world.tag_digest,
                                             record->course.active->number, record->course.active->image_digest)));
}

std::vector<Condition> unobserved_conditions(const ApplicationRecord& desired, const Why& why,
                                             const ApplicationStatus& before) {
  static const std::string unreadable{to_string(Reason::StoredSpecUnreadable)};
  std::vector<Condition> conditions;
  for (const auto& old : before.conditions) {
    if (old.type != "Ready" && old.type != "ManifestAccepted" && old.type != unreadable) conditions.push_back(old);
  }
  if (why.reason == Reason::StoredSpecUnreadable) {
    conditions.push_back(condition(unreadable, "True", why.reason, why.message));
  }
  conditions.push_back(condition("Ready", "Unknown", why.reason, why.message));
  const bool accepted = desired.problem.empty();
  conditions.push_back(condition("ManifestAccepted", accepted ? "True" : "False",
                                 accepted ? Reason::Accepted : Reason::ManifestRefused, desired.problem));
  return conditions;
}

void keep_transition_times(std::vector<Condition>& conditions, const ApplicationStatus& before, Time now) {
  for (auto& one : conditions) {
    const auto old = std::ranges::find(before.conditions, one.type, &Condition::type);
    one.last_transition = old != before.conditions.end() && old->status == one.status ? old->last_transition : now;
  }
}

}  // namespace teal
