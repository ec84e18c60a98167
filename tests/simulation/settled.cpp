#include "tests/simulation/settled.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/admission/values.hpp"
#include "manifests/spec/diff.hpp"
#include "tests/simulation/strangers.hpp"

namespace teal::simulation {

namespace {

// Containers and servers that there should be, by name.
struct Wanted {
  std::map<std::string, bool> containers;
  std::map<std::string, std::string> servers;  // load balancer/backend
};

std::string check_application(World& world, const std::string& name, const Goal& goal, Wanted& wanted) {
  const auto* application = world.store.application(name);
  if (goal.deleted) return application ? name + " is not deleted yet" : "";
  if (!application) return name + " is not known";
  if (application->application.spec != goal.wanted.spec) return name + ": its spec is not the wanted one";
  const auto* record = world.store.newest(name);
  if (!record || !record->course.active) return name + ": nothing is active";
  if (record->standing.phase != spec::Phase::Complete && !records::is_terminal(record->standing.phase))
    return fmt::format("{} is {}: {}", records::rollout_name(*record), to_string(record->standing.phase),
                       record->outcome.message);
  const auto& active = *record->course.active;
  const auto difference = spec::classify(active.application.spec, goal.wanted.spec);
  if (difference != spec::ChangeKind::None)
    return fmt::format("{}: {} is active after {}, {} wanted ({} differs): {}", name, active.application.spec.version,
                       to_string(record->standing.phase), goal.wanted.spec.version,
                       spec::diff(active.application, goal.wanted).front().path, record->outcome.message);
  if (records::has_old_values(*application, active)) return name + ": its replicas have old values";
  for (const auto& component : goal.wanted.spec.components) {
    for (int index = 0; index < component.replicas; ++index) {
      const auto container = spec::container_name(name, component.name, active.number, index);
      wanted.containers[container] = true;
      if (component.load_balancer) {
        wanted.servers[container] = component.load_balancer->name + "/" + component.load_balancer->backend;
      }
    }
  }
  return "";
}

std::string check_world(World& world, const Wanted& wanted) {
  for (const auto& [name, stored] : world.engine.containers()) {
    if (stored.seen.application.empty()) continue;
    if (!wanted.containers.contains(name)) return name + " is left over";
    if (stored.seen.state != world::ContainerState::Running) return name + " does not run";
    // Made to crash while there were faults, or asked to stop before it was wanted again: it will be replaced.
    if (stored.ends_at || !stored.signals.empty()) return name + " is about to end";
    if (world.ailment(stored.seen.id)) return name + " is not well yet";  // it may be replaced as hung
  }
  for (const auto& [name, is] : wanted.containers) {
    if (!world.engine.containers().contains(name)) return name + " is not there";
  }
  std::size_t found = 0;
  for (const auto& [name, balancer] : world.balancers) {
    for (const auto& backend : balancer->backends()) {
      const auto strangers = names_like_ours(backend.substr(0, backend.rfind('_')));
      for (const auto& server : balancer->look(backend)) {
        if (std::ranges::find(strangers, server.name) != strangers.end()) continue;
        const auto place = wanted.servers.find(server.name);
        if (place == wanted.servers.end() || place->second != name + "/" + backend)
          return fmt::format("server {} is left over in {}/{}", server.name, name, backend);
        if (!server.up) return fmt::format("server {} is not up", server.name);
        if (world.engine.containers().at(server.name).seen.address != server.address)
          return fmt::format("server {} leads elsewhere", server.name);
        ++found;
      }
    }
  }
  return found == wanted.servers.size() ? "" : fmt::format("{} of {} servers are up", found, wanted.servers.size());
}

}  // namespace

std::string unsettled(World& world, const Goals& goals) {
  Wanted wanted;
  for (const auto& [name, goal] : goals) {
    auto missing = check_application(world, name, goal, wanted);
    if (!missing.empty()) return missing;
  }
  return check_world(world, wanted);
}

std::optional<records::Verb> needed_verb(const World& world, const std::string& name, const Goal& goal) {
  const auto* record = world.store.newest(name);
  if (!record || goal.deleted) return std::nullopt;
  if (record->orders.paused) return record->outcome.failure.empty() ? records::Verb::Resume : records::Verb::Retry;
  if (record->standing.phase == spec::Phase::AwaitingApproval) return records::Verb::Approve;
  const auto* application = world.store.application(name);
  if (!records::is_terminal(record->standing.phase) || !application) return std::nullopt;
  const bool is_wanted =
      record->course.active && !records::has_old_values(*application, *record->course.active) &&
      spec::classify(record->course.active->application.spec, goal.wanted.spec) == spec::ChangeKind::None;
  if (is_wanted || application->application.spec != goal.wanted.spec) return std::nullopt;
  // A rollout begins by itself when the spec has changed since; else somebody has to ask.
  return record->generation == application->generation ? std::optional{records::Verb::Retry} : std::nullopt;
}

void check_story(World& world, const Goals& goals) {
  auto& monitors = *world.monitors;
  if (const auto missing = world.missing_of_strangers(); !missing.empty())
    monitors.report(Promise::O2, missing, "a stranger's server is gone: " + missing);
  for (const auto& [key, record] : world.store.all_rollouts()) {
    if (!records::is_terminal(record.standing.phase))
      monitors.report(Promise::L3, records::rollout_name(record),
                      fmt::format("{} never ended", records::rollout_name(record)));
  }
  for (const auto& by : world.granted) {
    const auto& events = world.store.all_events();
    const bool told = std::ranges::any_of(
        events, [&](const ports::StoredEvent& one) { return one.event.message.find(by) != std::string::npos; });
    if (!told) monitors.report(Promise::O6, by, "what was granted to " + by + " is not on record");
  }
  for (const auto& [name, goal] : goals) {
    const auto* record = world.store.newest(name);
    const auto* application = world.store.application(name);
    if (!record || !application) continue;
    const auto asked = monitors.retries(name);
    if (record->course.target.number > application->generation + asked)
      monitors.report(Promise::L4, name,
                      fmt::format("{} rollouts for {} changes and {} retries", record->course.target.number,
                                  application->generation, asked));
  }
  for (const auto& [where, session] : world.databases.ours) {
    if (world.databases.is_held(where.first, where.second))
      monitors.report(Promise::Database, where.second,
                      fmt::format("the migration lock of {} on {} is never given back", where.second, where.first));
  }
  const auto& counts = monitors.counts();
  const int replicas = counts.replicas_started;
  if (counts.signals > replicas + counts.migrations_started)
    monitors.report(Promise::Effects, "signals",
                    fmt::format("{} signals for {} containers", counts.signals, replicas + counts.migrations_started));
}

}  // namespace teal::simulation
