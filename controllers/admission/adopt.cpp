#include "controllers/admission/adopt.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace teal::admission {
namespace {

Error undecided(std::string message) { return {ErrorCode::conflict, std::move(message)}; }

bool is_settled(records::JobState state) {
  return state != records::JobState::Running && state != records::JobState::Unknown;
}

// What a migration job may have done that nothing on record tells.
std::string unnoticed_migration(const records::ApplicationRecord& desired, const AdoptionFacts& facts) {
  for (const auto& container : facts.containers) {
    if (container.role != world::Role::Migrate) continue;
    return fmt::format(
        "{} is there, and what it has done is not on record: check what it did, and remove it once it has ended",
        container.name);
  }
  const auto& newest = facts.unreadable.front();
  if (newest.phase && *newest.phase == spec::Phase::Complete) return {};
  const auto settled = [](const records::JobRecord& job) { return is_settled(job.state); };
  if (newest.jobs && std::ranges::all_of(*newest.jobs, settled)) return {};
  if (desired.application.spec.migration.jobs.empty()) return {};
  return fmt::format(
      "whether revision {} has migrated is not known: find out by hand, and save the manifest without "
      "migration jobs until it is rolled out",
      newest.revision);
}

std::map<int, records::Revision> known_revisions(const AdoptionFacts& facts) {
  std::map<int, records::Revision> known;
  const auto note = [&](const std::optional<records::Revision>& revision) {
    if (revision) known.emplace(revision->number, *revision);
  };
  for (const auto& one : facts.unreadable) {
    note(one.target);
    note(one.active);
  }
  for (const auto& record : facts.history) {
    note(record.course.target);
    note(record.course.active);
  }
  return known;
}

std::vector<const world::Container*> serving(const AdoptionFacts& facts) {
  std::vector<const world::Container*> running;
  std::vector<const world::Container*> all;
  for (const auto& container : facts.containers) {
    if (container.role != world::Role::Serve) continue;
    all.push_back(&container);
    if (container.state == world::ContainerState::Running) running.push_back(&container);
  }
  return running.empty() ? all : running;  // dead ones are to be replaced by their like
}

Result<std::optional<records::Revision>> serving_revision(const AdoptionFacts& facts) {
  const auto containers = serving(facts);
  if (containers.empty()) return std::optional<records::Revision>{};
  std::set<int> numbers;
  for (const auto* container : containers) numbers.insert(container->revision);
  if (numbers.size() > 1) {
    return undecided(
        fmt::format("containers of revisions {} run, and which of them should serve is not on record: stop "
                    "and remove those of all but one",
                    fmt::join(numbers, ", ")));
  }
  const auto known = known_revisions(facts);
  const auto found = known.find(*numbers.begin());
  const auto is_its = [&](const world::Container* one) { return one->image_id == found->second.image_id; };
  if (found == known.end() || !std::ranges::all_of(containers, is_its)) {
    return undecided(
        fmt::format("containers of revision {} run, and nothing on record says what that is: stop and remove "
                    "them, and it is installed again, or restore the store from a backup",
                    *numbers.begin()));
  }
  return std::optional{found->second};
}

}  // namespace

Result<records::RolloutRecord> adopted(const records::ApplicationRecord& desired, const AdoptionFacts& facts,
                                       Time now) {
  if (const auto problem = unnoticed_migration(desired, facts); !problem.empty()) return undecided(problem);
  auto active = serving_revision(facts);
  if (!active) return active.error();
  const auto& newest = facts.unreadable.front();
  records::RolloutRecord record;
  record.application = desired.application.name;
  record.generation = newest.generation;
  record.version = newest.version;
  record.course.active = std::move(*active);
  const bool is_whole = record.course.active && record.course.active->number == newest.revision;
  record.standing.phase = is_whole               ? spec::Phase::Complete
                          : record.course.active ? spec::Phase::Superseded
                                                 : spec::Phase::Failed;
  if (is_whole) {
    record.course.target = *record.course.active;
  } else {
    record.course.target.number = newest.revision;
    record.course.target.application = newest.target ? newest.target->application : desired.application;
  }
  record.orders.retry = !is_whole;  // it is what has been saved that counts now, though it was tried before
  if (record.course.active) record.course.from_version = record.course.active->application.spec.version;
  record.outcome.reason = spec::Reason::StoredSpecUnreadable;
  record.outcome.message =
      record.course.active
          ? fmt::format("its record could not be read; revision {} was found running", record.course.active->number)
          : std::string{"its record could not be read; nothing of it was left"};
  record.started_at = now;
  record.outcome.finished_at = now;
  record.standing.phases = {{record.standing.phase, now, now}};
  record.jobs = newest.jobs.value_or(std::vector<records::JobRecord>{});
  return record;
}

}  // namespace teal::admission
