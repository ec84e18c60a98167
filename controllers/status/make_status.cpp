#include "controllers/status/make_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/replicas.hpp"
#include "controllers/status/make_conditions.hpp"
#include "manifests/spec/diff.hpp"

namespace teal::status {
namespace {

// The old revision is what users reach until the new one has been verified and takes over.
int serving_revision(const std::optional<records::RolloutRecord>& record) {
  if (!record) return 0;
  if (!record->course.active) return record->course.target.number;
  const auto phase = record->standing.phase;
  if (records::is_terminal(phase) && phase != spec::Phase::Complete) return record->course.active->number;
  const bool recreate = rollout::strategy_of(*record) == spec::Strategy::Recreate;
  // On the way back from there the old ones have to come first.
  const bool has_let_go = rollout::has_entered(*record, spec::Phase::Withdrawing);
  const bool handed_over =
      recreate ? rollout::has_cut_over(*record) || phase == spec::Phase::Introducing || phase == spec::Phase::Verifying
               : phase == spec::Phase::Withdrawing || phase == spec::Phase::Retiring ||
                     (phase == spec::Phase::RollingBack && has_let_go);
  return handed_over ? record->course.target.number : record->course.active->number;
}

std::string running_text(const spec::Component& component, const world::Container& container,
                         const rollout::Observed& world, Time now) {
  if (!component.port) {
    return readiness(component, &container, world, now) == rollout::Readiness::Ready ? "running" : "starting";
  }
  const auto found = world.health.find(container.id);
  if (found == world.health.end()) return "not probed yet";
  const auto& view = found->second;
  const auto answer = view.answer.empty() ? "no answer yet" : view.answer;
  if (!view.ever) return fmt::format("{} of {} passed: {}", view.successes, component.health.successes, answer);
  if (view.failures == 0) return "healthy: " + answer;
  return fmt::format("{} of {} failed: {}", std::min(view.failures, component.health.failures),
                     component.health.failures, answer);
}

std::string health_text(const spec::Component& component, const world::Container& container,
                        const rollout::Observed& world, Time now) {
  const bool has_ended = container.state == world::ContainerState::Exited;
  if (has_ended && container.engine_error.empty()) {
    return fmt::format("exited with code {}", container.exit_code.value_or(-1));
  }
  if (has_ended) return container.engine_error;
  auto text = running_text(component, container, world, now);
  if (!container.engine_error.empty()) text += "; " + container.engine_error;
  return text;
}

std::string_view standing_of(rollout::Readiness readiness) {
  switch (readiness) {
    case rollout::Readiness::Absent:
    case rollout::Readiness::Starting:
      return "starting";
    case rollout::Readiness::Ready:
      return "ready";
    case rollout::Readiness::Unhealthy:
      return "unhealthy";
    case rollout::Readiness::Exited:
      return "exited";
  }
  return "starting";
}

std::string_view state_text(const world::Container& container, const std::optional<records::RolloutRecord>& record) {
  switch (container.state) {
    case world::ContainerState::Created:
      return "Created";
    case world::ContainerState::Exited:
      return "Exited";
    case world::ContainerState::Running:
      break;
  }
  return record && record->leaving.stopping.contains(container.id) ? "Stopping" : "Running";
}

void add_server(const spec::Component& component, const rollout::Observed& world, objects::ReplicaStatus& replica) {
  if (!component.load_balancer) return;
  replica.load_balancer = "NotRegistered";
  for (const auto& view : world.backends) {
    const bool its_own = view.load_balancer == component.load_balancer->name;
    if (view.presence != rollout::Presence::Present && its_own && !mutants::mutated("o5-unasked-is-not-registered"))
      replica.load_balancer = "Unknown";
    const auto server = std::ranges::find(view.servers, replica.name, &world::Server::name);
    if (server == view.servers.end()) continue;
    replica.sessions = server->sessions;
    replica.server = server->slot;
    switch (server->intake) {
      case world::Intake::Open:
        replica.load_balancer = server->up ? "Up" : "Down";
        break;
      case world::Intake::Draining:
        replica.load_balancer = "Draining";
        break;
      case world::Intake::Closed:
        replica.load_balancer = "Maintenance";
        break;
    }
  }
}

// Components of the spec in force first, then those that only the active revision still has.
std::vector<const spec::Component*> known_components(const records::ApplicationRecord& desired,
                                                     const std::optional<records::RolloutRecord>& record) {
  std::vector<const spec::Component*> components;
  std::set<std::string> names;
  const auto add = [&](const spec::ApplicationSpec& spec) {
    for (const auto& component : spec.components) {
      if (names.insert(component.name).second) components.push_back(&component);
    }
  };
  add(desired.application.spec);
  if (record) add(record->course.target.application.spec);
  if (record && record->course.active) add(record->course.active->application.spec);
  return components;
}

objects::ComponentStatus component_status(const spec::Component& component, const records::ApplicationRecord& desired,
                                          const std::optional<records::RolloutRecord>& record,
                                          const rollout::Observed& world, Time now) {
  objects::ComponentStatus status;
  status.name = component.name;
  const auto* wanted = spec::find_component(desired.application.spec, component.name);
  status.desired = wanted && !desired.deleting ? wanted->replicas : 0;
  for (const auto& container : world.containers) {
    if (container.role != world::Role::Serve || container.unit != component.name) continue;
    objects::ReplicaStatus replica;
    replica.name = container.name;
    replica.sessions = 0;
    replica.revision = container.revision;
    replica.state = state_text(container, record);
    replica.address = container.address.value_or("");
    replica.health = health_text(component, container, world, now);
    add_server(component, world, replica);
    const auto readiness_now = readiness(component, &container, world, now);
    const bool stops = replica.state == "Stopping" && !mutants::mutated("o5-stopping-is-ready");
    const bool is_its_own = !record || !rollout::is_recreated_by_hand(*record, container);
    replica.standing = stops ? "stopping" : is_its_own ? standing_of(readiness_now) : "unhealthy";
    if (!is_its_own) replica.health = "recreated by hand: it is replaced";
    const bool in_traffic = !component.load_balancer || replica.load_balancer == "Up";
    const bool ready = replica.standing == "ready";  // one that is asked to stop is not
    if (ready && in_traffic && replica.revision == serving_revision(record)) status.ready += 1;
    status.replicas.push_back(std::move(replica));
  }
  std::ranges::sort(status.replicas, {},
                    [](const objects::ReplicaStatus& one) { return std::pair{one.revision, one.name}; });
  return status;
}

bool is_current(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record) {
  return record && record->course.active && record->generation == desired.generation &&
         spec::classify(record->course.active->application.spec, desired.application.spec) !=
             spec::ChangeKind::NewRevision;
}

// A person has asked for what served before: nothing is wrong with that.
bool was_ordered_back(const records::RolloutRecord& record) {
  return record.outcome.failure_reason == spec::Reason::RollbackAsked;
}

// It has ended as a person wanted it, whatever the spec in force says: with an earlier revision, or what served before.
bool is_as_ordered(const records::RolloutRecord& record) {
  if (!record.course.active) return false;
  return record.standing.phase == spec::Phase::Complete
             ? record.course.back.has_value()
             : record.standing.phase == spec::Phase::RolledBack && was_ordered_back(record);
}

std::string phase_of(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                     const objects::ApplicationStatus& status) {
  if (desired.deleting) return "Progressing";
  if (!record) return desired.application.spec.suspend ? "Suspended" : "Progressing";
  if (!records::is_terminal(record->standing.phase)) {
    if (record->orders.paused) return "Paused";
    if (record->standing.phase == spec::Phase::AwaitingApproval && !record->orders.approved) return "AwaitingApproval";
    return record->standing.phase == spec::Phase::RollingBack &&
                   record->outcome.settles_as != spec::Phase::Superseded && !was_ordered_back(*record)
               ? "Degraded"
               : "Progressing";
  }
  if (record->standing.phase == spec::Phase::Complete && !record->course.final_version.empty() &&
      !desired.application.spec.suspend) {
    return "Progressing";  // the next hop begins
  }
  if (is_current(desired, record) || (is_as_ordered(*record) && record->generation == desired.generation))
    return all_ready(status) ? "Healthy" : "Degraded";
  if (desired.application.spec.suspend) return "Suspended";
  return record->generation == desired.generation ? "Degraded" : "Progressing";
}

// What became of a rollout that did not end as the spec in force wants it; empty when it did.
std::string ended_text(const records::ApplicationRecord& desired, const records::RolloutRecord& record,
                       const rollout::Why& why) {
  const bool whole = why.reason == spec::Reason::AllReplicasReady;
  auto now = record.course.active ? record.course.active->application.spec.version : record.course.from_version;
  auto wanted = record.course.target.application.spec.version;
  if (record.course.active && now == wanted) {  // another spec of one version
    now = fmt::format("revision {} ({})", record.course.active->number, now);
    wanted = fmt::format("revision {} ({})", record.course.target.number, wanted);
  }
  if (!record.course.final_version.empty())
    wanted += fmt::format(" (a stop on the way to {})", record.course.final_version);
  std::string text;
  if (record.outcome.reason == spec::Reason::MemoryOlderThanWorld && !is_current(desired, record)) {
    return record.outcome.message;
  }
  if (record.standing.phase == spec::Phase::Complete) {
    text = rollout::not_retried(desired, record);
    if (text.empty()) return {};
  } else if (record.outcome.failure.empty() || (is_current(desired, record) && !record.course.back)) {
    return {};
  } else if (record.course.back) {
    text = fmt::format("the rollback to {} failed, {} {}: {}", wanted, now, whole ? "keeps serving" : "is to serve",
                       record.outcome.failure);
  } else if (record.course.active) {
    text = fmt::format("{} was rolled back, {} {}: {}", wanted, now, whole ? "keeps serving" : "is to serve",
                       record.outcome.failure);
  } else {
    text = fmt::format("{} could not be installed: {}", wanted, record.outcome.failure);
  }
  const bool is_news = text.find(why.message) == std::string::npos;
  if (record.course.active && !whole && is_news) text += fmt::format("; now {}", why.message);
  if (const auto note = rollout::schema_note(record); record.course.active && !note.empty()) text += "; " + note;
  if (record.standing.phase != spec::Phase::Complete)
    text += fmt::format("; change the spec, or run teal retry {}", record.application);
  return text;
}

std::string message_of(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                       const rollout::Why& why) {
  std::string message = why.message;
  if (record && records::is_terminal(record->standing.phase)) {
    if (const auto ended = ended_text(desired, *record, why); !ended.empty()) message = ended;
    if (desired.application.spec.suspend && !desired.deleting) {
      message += "; suspended: nothing is rolled out before spec.suspend is false";
    }
  }
  if (record && record->orders.maintenance && !desired.deleting) {
    message += fmt::format("; down for maintenance: clients get a page that says so until teal maintenance {} off",
                           record->application);
  }
  if (!desired.problem.empty()) {
    message += fmt::format("; the newest manifest is refused and the one before stays in force: {}", desired.problem);
  }
  if (desired.orphaned && !desired.deleting)
    message += fmt::format("; its manifest {} is gone: restore it, or run teal delete {}", desired.file,
                           desired.application.name);
  return message;
}

}  // namespace

objects::ApplicationStatus make_status(const records::ApplicationRecord& desired,
                                       const std::optional<records::RolloutRecord>& record,
                                       const rollout::Observed& world, const rollout::Why& why,
                                       const objects::ApplicationStatus& before, Time now) {
  objects::ApplicationStatus status;
  if (record) {
    status.observed_generation = record->generation;
    status.rollout = records::rollout_name(*record);
    if (record->course.active) {
      const bool handed_over = serving_revision(record) == record->course.target.number;
      const auto& active = handed_over ? record->course.target : *record->course.active;
      status.active_version = active.application.spec.version;
      status.active_revision = active.number;
    }
  }
  for (const auto* component : known_components(desired, record)) {
    auto one = component_status(*component, desired, record, world, now);
    // One that is scaled to 0 is there all the same; one that only an older revision has is not, once it is gone.
    const bool is_wanted = !desired.deleting && spec::find_component(desired.application.spec, component->name);
    if (is_wanted || !one.replicas.empty()) status.components.push_back(std::move(one));
  }
  status.phase = phase_of(desired, record, status);
  status.message = message_of(desired, record, why);
  if (status.phase == "Suspended") status.observed_generation = desired.generation;
  status.conditions = conditions_of(desired, record, status, why);
  add_tag_condition(record, world, status.conditions);
  add_left_behind_condition(world, status.conditions);
  add_certificate_condition(world, now, status.conditions);
  keep_transition_times(status.conditions, before, now);
  return status;
}

objects::ApplicationStatus unobserved_status(const records::ApplicationRecord& desired, const rollout::Why& why,
                                             const objects::ApplicationStatus& before, Time now) {
  auto status = before;
  if (status.phase.empty()) status.phase = "Progressing";
  if (status.phase == "Healthy" && !mutants::mutated("o5-healthy-unobserved")) status.phase = "Degraded";
  status.message = message_of(desired, std::nullopt, why);
  status.conditions = unobserved_conditions(desired, why, before);
  keep_transition_times(status.conditions, before, now);
  return status;
}

objects::ApplicationStatus unreadable_status(const records::ApplicationRecord& desired, std::string message,
                                             const objects::ApplicationStatus& before, Time now) {
  const rollout::Why why{spec::Reason::StoredSpecUnreadable, std::move(message)};
  auto status = unobserved_status(desired, why, before, now);
  status.phase = "Degraded";
  return status;
}

ports::ApplicationGauges make_gauges(const std::optional<records::RolloutRecord>& record,
                                     const objects::ApplicationStatus& status) {
  ports::ApplicationGauges gauges;
  gauges.phase = status.phase;
  gauges.active_version = status.active_version;
  if (record) {
    gauges.target_version = record->course.target.application.spec.version;
    for (const auto& job : record->jobs) gauges.jobs.push_back({job.job, std::string{to_string(job.state)}});
    gauges.rollout_phase = to_string(record->standing.phase);
    const auto begun = record->standing.phases.empty() ? record->started_at : record->standing.phases.back().started_at;
    gauges.rollout_phase_began = record->outcome.finished_at.value_or(begun);
  }
  const int active = record && record->course.active ? record->course.active->number : 0;
  const int target = record ? record->course.target.number : 0;
  for (const auto& component : status.components) {
    gauges.wanted.push_back({component.name, component.desired});
    std::map<std::pair<std::string, std::string>, int> replicas;
    std::map<std::string, int> servers;
    for (const auto& replica : component.replicas) {
      const bool handed_over = active != target && serving_revision(record) == target && active != 0;
      const auto* role = replica.revision == active   ? (handed_over ? "outgoing" : "active")
                         : replica.revision == target ? (handed_over ? "active" : "incoming")
                                                      : "outgoing";
      replicas[{role, replica.standing}] += 1;
      if (replica.load_balancer == "Up") servers["up"] += 1;
      if (replica.load_balancer == "Down") servers["down"] += 1;
      if (replica.load_balancer == "Draining") servers["draining"] += 1;
      if (replica.load_balancer == "Maintenance") servers["maintenance"] += 1;
    }
    for (const auto& [what, count] : replicas) {
      gauges.replicas.push_back({component.name, what.first, what.second, count});
    }
    for (const auto& [state, count] : servers) gauges.servers.push_back({component.name, state, count});
  }
  return gauges;
}

}  // namespace teal::status
