#include "controllers/rollout/adopt_world.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "controllers/rollout/begin.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/steps/preparing.hpp"

namespace teal::rollout {
namespace {

constexpr Duration balancer_delay = std::chrono::milliseconds{500};

// The replicas of one revision that were found.
struct FoundRevision {
  int revision = 0;
  std::vector<const world::Container*> replicas;
  bool serves = false;  // in some load balancer, at its own address

  [[nodiscard]] const world::Container& first() const { return *replicas.front(); }

  // None is missing between the first and the last of each component: it is not on its way out.
  [[nodiscard]] bool is_whole() const {
    std::map<std::string, std::set<int>> indexes;
    for (const auto* one : replicas) indexes[one->unit].insert(one->index);
    return std::ranges::all_of(
        indexes, [](const auto& unit) { return *unit.second.rbegin() + 1 == static_cast<int>(unit.second.size()); });
  }
};

int newest_revision(const std::vector<world::Container>& containers) {
  int newest = 0;
  for (const auto& one : containers) newest = std::max(newest, one.revision);
  return newest;
}

bool has_server(const world::Container& container, const Observed& world) {
  return std::ranges::any_of(world.backends, [&](const BackendView& view) {
    return std::ranges::any_of(view.servers, [&](const world::Server& server) {
      return server.name == container.name && server.intake == world::Intake::Open &&
             (!container.address || server.address == *container.address);
    });
  });
}

// Oldest first. Those that run; where none does, what is left of them.
std::vector<FoundRevision> sightings(const Observed& world) {
  const auto is_running = [](const world::Container& one) {
    return one.role == world::Role::Serve && one.state == world::ContainerState::Running;
  };
  const bool any_runs = std::ranges::any_of(world.containers, is_running);
  std::map<int, FoundRevision> found;
  for (const auto& one : world.containers) {
    if (one.role != world::Role::Serve || (any_runs && !is_running(one))) continue;
    auto& sighting = found[one.revision];
    sighting.revision = one.revision;
    sighting.replicas.push_back(&one);
    sighting.serves = sighting.serves || has_server(one, world);
  }
  std::vector<FoundRevision> all;
  for (auto& [revision, sighting] : found) all.push_back(std::move(sighting));
  return all;
}

// The oldest that is whole, since a newer one beside it may not have been verified; of those that serve, if any does.
const FoundRevision* active_of(const std::vector<FoundRevision>& all) {
  const bool any_serves = std::ranges::any_of(all, &FoundRevision::serves);
  const FoundRevision* newest = nullptr;
  for (const auto& one : all) {
    if (any_serves && !one.serves) continue;
    if (one.is_whole()) return &one;
    newest = &one;
  }
  return newest;
}

class Adopter {
 public:
  Adopter(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
          const Observed& world, Time now)
      : desired_(desired), record_(record), world_(world), now_(now), found_(sightings(world)) {}

  [[nodiscard]] Decision decide() {
    if (auto waits = why_not_yet()) {
      Decision decision;
      decision.next = record_;
      decision.why = std::move(*waits);
      decision.wake_at = now_ + balancer_delay;
      return decision;
    }
    const auto* active = active_of(found_);
    const auto newest = std::max(newest_revision(world_.containers), record_ ? record_->course.target.number : 0);
    next_ = next_rollout(desired_, std::nullopt, now_);
    if (record_) {
      next_.leaving = record_->leaving;
      next_.restarts = record_->restarts;
      if (newest == record_->course.target.number) next_.version = record_->version;
    }
    if (active) {
      next_.course.active = told_by(*active);
      next_.course.from_version = next_.course.active->application.spec.version;
    }
    next_.course.target.number = newest;
    const auto* top = found_.empty() ? nullptr : &found_.back();
    if (const auto* job = wanted_job()) {
      resume(*job);
    } else if (top && top->revision == newest && is_wanted(top->first())) {
      continue_with(*top, active);
    } else {
      end_with(active);
    }
    return said(active);
  }

 private:
  // Jobs of a revision of which there is no replica yet: M2 says nothing of them.
  [[nodiscard]] const world::Container* unknown_job() const {
    const world::Container* newest = nullptr;
    const int known =
        std::max(record_ ? record_->course.target.number : 0, found_.empty() ? 0 : found_.back().revision);
    for (const auto& one : world_.containers) {
      if (one.role != world::Role::Migrate || one.revision <= known || !one.started_at) continue;
      if (!newest || one.state == world::ContainerState::Running ||
          (newest->state != world::ContainerState::Running && one.started_at > newest->started_at))
        newest = &one;
    }
    return newest;
  }

  [[nodiscard]] const world::Container* wanted_job() const {
    const auto* job = unknown_job();
    const bool is_known = job && spec::find_job(desired_.application.spec, job->unit) &&
                          !spec::find_hook(desired_.application.spec.hooks, job->unit);
    return is_known && is_wanted(*job) ? job : nullptr;
  }

  [[nodiscard]] std::optional<Why> why_not_yet() const {
    for (const auto& view : world_.backends) {
      if (view.presence != Presence::Unknown) continue;
      return Why{spec::Reason::LoadBalancerUnavailable,
                 fmt::format("this teald's memory is older than what runs; before it adopts what serves, load "
                             "balancer {} must say which that is: {}",
                             view.load_balancer, view.why)};
    }
    const auto* job = unknown_job();
    if (!job || wanted_job()) return std::nullopt;
    if (job->state == world::ContainerState::Running) {
      return Why{
          spec::Reason::MigrationStillRunning,
          fmt::format("{} runs, and this teald's memory is older than it: nothing is changed before it has ended",
                      job->name)};
    }
    return Why{spec::Reason::MemoryOlderThanWorld,
               fmt::format("{} has run, of which this teald knows nothing, and its version ({}) is not the one that is "
                           "wanted: find out what it did to the schema, then remove it, and what serves is adopted",
                           job->name, job->version.empty() ? "unknown" : job->version)};
  }

  // The spec in force asks for just what this container was made from.
  [[nodiscard]] bool is_wanted(const world::Container& container) const {
    const auto& version = desired_.application.spec.version;
    return (container.version.empty() || container.version == version) && world_.image &&
           world_.image->id == container.image_id;
  }

  [[nodiscard]] const records::Revision* on_record(const world::Container& container) const {
    if (!record_) return nullptr;
    const auto is_it = [&](const records::Revision& one) {
      return one.number == container.revision && (one.image_id.empty() || one.image_id == container.image_id) &&
             (container.version.empty() || container.version == one.application.spec.version);
    };
    if (is_it(record_->course.target)) return &record_->course.target;
    return record_->course.active && is_it(*record_->course.active) ? &*record_->course.active : nullptr;
  }

  // What is known of a revision by its containers: the spec in force stands for the rest.
  [[nodiscard]] records::Revision told_by(const FoundRevision& sighting) const {
    const auto& container = sighting.first();
    records::Revision revision;
    revision.number = container.revision;
    revision.application = desired_.application;
    revision.values_changes = desired_.values.changes;
    if (const auto* known = on_record(container)) revision = *known;
    revision.image_id = container.image_id;
    if (revision.image_digest.empty()) revision.image_digest = container.image_digest;
    if (on_record(container) || is_wanted(container)) return revision;
    auto& spec = revision.application.spec;
    const bool is_another_image = container.version == spec.version;
    spec.version = container.version.empty() ? "unknown" : container.version;
    if (is_another_image) {
      const auto reference = recorded_reference(revision);
      spec.image = reference.empty() ? container.image_id : reference;
    }
    std::map<std::string, int> replicas;
    for (const auto* one : sighting.replicas) replicas[one->unit] = std::max(replicas[one->unit], one->index + 1);
    std::erase_if(spec.components, [&](const spec::Component& one) { return !replicas.contains(one.name); });
    for (auto& one : spec.components) one.replicas = replicas[one.name];
    return revision;
  }

  void take_for_wanted(const world::Container& container) {
    next_.course.target.image_id = container.image_id;
    next_.course.target.image_digest =
        container.image_digest.empty() && world_.image ? world_.image->digest : container.image_digest;
    next_.course.strategy = desired_.application.spec.rollout.strategy;
    for (auto& hook : next_.hooks) hook.state = records::JobState::NotNeeded;
  }

  // The newest is what is wanted. Alone it is what serves; beside an older one it is still to be verified.
  void continue_with(const FoundRevision& newest, const FoundRevision* active) {
    take_for_wanted(newest.first());
    for (auto& job : next_.jobs) {
      const auto* spec = spec::find_job(desired_.application.spec, job.job);
      if (spec && spec->phase == spec::JobPhase::BeforeStart) job.state = records::JobState::Succeeded;  // M2
    }
    if (active != &newest) return stand_in(spec::Phase::Starting);
    next_.course.active = next_.course.target;
    bool is_whole = true;
    for (auto& job : next_.jobs) {
      if (job.state == records::JobState::Succeeded) continue;
      is_whole = false;  // nothing shows whether it ran
      if (desired_.application.spec.migration.idempotent) continue;
      job.state = records::JobState::Unknown;
      job.detail = "whether it ran after the cutover is not on record";
    }
    stand_in(is_whole ? spec::Phase::Complete : spec::Phase::Retiring);
  }

  // A migration of what is wanted was under way: it is watched like one of our own.
  void resume(const world::Container& container) {
    take_for_wanted(container);
    for (auto& job : next_.jobs) {
      if (job.job != container.unit) {
        job.state = records::JobState::Succeeded;  // they run in order
        continue;
      }
      job.state = records::JobState::Running;
      job.attempts = container.index;
      job.started_at = container.started_at;
      break;
    }
    stand_in(spec::Phase::Migrating);
  }

  // What is wanted is another one: it is rolled out from here, or waits for a person.
  void end_with(const FoundRevision* active) {
    const bool was_asked = !record_ || desired_.generation != record_->generation;
    next_.generation = was_asked && record_ ? record_->generation : desired_.generation;
    next_.orders.retry = was_asked;
    for (auto* jobs : {&next_.jobs, &next_.hooks}) {
      for (auto& job : *jobs) job.state = records::JobState::NotNeeded;
    }
    if (active && next_.course.active->number == next_.course.target.number) {
      next_.course.target = *next_.course.active;
      return stand_in(spec::Phase::Complete);
    }
    stand_in(next_.course.active ? spec::Phase::RolledBack : spec::Phase::Failed);
  }

  void stand_in(spec::Phase phase) {
    next_.standing.phase = phase;
    next_.standing.phases = {{phase, now_, std::nullopt}};
    if (!records::is_terminal(phase)) return;
    next_.standing.phases.back().finished_at = now_;
    next_.outcome.finished_at = now_;
  }

  [[nodiscard]] std::string what_follows() const {
    const auto& wanted = desired_.application.spec.version;
    if (next_.orders.retry) return fmt::format("{} is rolled out from there", wanted);
    if (!records::is_terminal(next_.standing.phase))
      return fmt::format("the rollout of {} goes on in {}", wanted, to_string(next_.standing.phase));
    if (!next_.course.active || !needs_revision(*next_.course.active, desired_))
      return "it is what the manifest asks for";
    return fmt::format(
        "the spec on record asks for {}, which may be as old as this memory and is not rolled out by "
        "itself: save the manifest of the version that is wanted, or roll out {} with teal retry {}",
        wanted, wanted, next_.application);
  }

  [[nodiscard]] std::string names_of(const FoundRevision& sighting) const {
    std::vector<std::string> names;
    for (const auto* one : sighting.replicas) names.push_back(one->name);
    std::ranges::sort(names);
    constexpr std::size_t most = 6;
    const auto more = names.size() > most ? fmt::format(" and {} more", names.size() - most) : std::string{};
    if (names.size() > most) names.resize(most);
    return fmt::format("{}{}", fmt::join(names, ", "), more);
  }

  Decision said(const FoundRevision* active) {
    const auto follows = what_follows();
    auto found =
        active ? fmt::format("revision {} (version {}, image {}) was found running: {}", active->revision,
                             next_.course.active->application.spec.version, active->first().image_id, names_of(*active))
               : std::string{"no replica was found"};
    Decision decision;
    const auto say = [&](bool warning, spec::Reason reason, std::string message) {
      next_.outcome.reason = reason;
      next_.outcome.message = message;
      decision.events.push_back({now_, warning, std::move(reason), std::move(message), next_.application,
                                 "Rollout/" + records::rollout_name(next_)});
    };
    say(false, spec::Reason::Adopted,
        fmt::format("{}; {} here knows of it, so it is adopted and goes on serving; {}", found,
                    record_ ? "no rollout" : "nothing", follows));
    if (record_) {
      say(true, spec::Reason::MemoryOlderThanWorld,
          fmt::format(
              "the store's newest rollout is revision {}, and revision {} exists: the store was restored from a "
              "backup that is older than that; {}; {}",
              record_->course.target.number, next_.course.target.number, found, follows));
    }
    decision.why = {next_.outcome.reason, next_.outcome.message};
    decision.next = std::move(next_);
    decision.wake_at = now_;
    return decision;
  }

  const records::ApplicationRecord& desired_;
  const std::optional<records::RolloutRecord>& record_;
  const Observed& world_;
  Time now_;
  std::vector<FoundRevision> found_;
  records::RolloutRecord next_;
};

}  // namespace

bool is_newer_than(const std::optional<records::RolloutRecord>& record, const Observed& world) {
  if (!record) return !world.containers.empty();
  const int known = record->course.target.number;
  if (newest_revision(world.containers) > known) return true;
  return is_before(*record, spec::Phase::Starting) &&
         std::ranges::any_of(world.containers, [&](const world::Container& one) {
           return one.role == world::Role::Serve && one.revision == known;
         });
}

Decision adopt_world(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                     const Observed& world, Time now) {
  return Adopter{desired, record, world, now}.decide();
}

}  // namespace teal::rollout
