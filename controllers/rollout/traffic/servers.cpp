#include "controllers/rollout/traffic/servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/evidence_of.hpp"

namespace teal::rollout {
namespace {

constexpr Duration second_look_after = std::chrono::milliseconds{20};

bool anything_up(const BackendView& view) {
  return std::ranges::any_of(view.servers, &world::Server::up) ||
         std::ranges::any_of(view.predecessors, &world::Server::up);
}

bool uses(const spec::ApplicationSpec& spec, const BackendView& view) {
  return std::ranges::any_of(spec.components, [&](const spec::Component& one) {
    return one.load_balancer && one.load_balancer->name == view.load_balancer &&
           one.load_balancer->backend == view.backend;
  });
}

// The component as the container's own revision knows it, else as any known revision does.
const spec::Component* component_of(const Pass& pass, const world::Container& container) {
  const auto& record = pass.next;
  if (record.course.active && record.course.active->number == container.revision) {
    if (const auto* found = spec::find_component(record.course.active->application.spec, container.unit)) return found;
  }
  if (const auto* found = spec::find_component(pass.spec(), container.unit)) return found;
  return record.course.active ? spec::find_component(record.course.active->application.spec, container.unit) : nullptr;
}

Duration drain_limit(const spec::Component* component) {
  return component && component->load_balancer ? component->load_balancer->drain : spec::LoadBalancerUse{}.drain;
}

// Whether the replica may have requests of before `since` that nobody counts, and that are younger than a drain is
// long: then only the whole drain proves that they are over.
bool has_uncounted(const BackendView& view, const world::Container& container, Time since, Duration limit) {
  const auto& before = view.leftover.uncounted_before;
  if (!before) return false;
  const bool is_younger = container.started_at && *container.started_at >= *before;
  return !is_younger && since < *before + limit;
}

// One step of taking a server of a living replica out.
void withdraw_server(Pass& pass, const LocatedServer& located, const world::Container& container, Duration limit,
                     bool may_drain) {
  const auto& [view, server] = located;
  const auto where = fmt::format("server {} in {}/{}", server->name, view->load_balancer, view->backend);
  pass.poll();
  if (server->intake == world::Intake::Open) {
    if (server->up && !may_drain && !mutants::mutated("t1-drains-what-serves")) {
      pass.wait(spec::Reason::WaitingForServers, fmt::format("{} stays in traffic until others can take over", where));
      return;
    }
    pass.next.leaving.draining.insert_or_assign(server->name, pass.now);
    pass.next.admitted.erase(server->name);
    pass.act(DrainServer{view->load_balancer, view->backend, server->name});
    return;
  }
  const auto since = pass.next.leaving.draining.try_emplace(server->name, pass.now).first->second;
  const bool counted = server->sessions && (server->sessions > 0 || !has_uncounted(*view, container, since, limit));
  if (counted && server->sessions == 0) {
    pass.act(DetachServer{view->load_balancer, view->backend, server->name, false});
    return;
  }
  if (pass.now >= since + limit || mutants::mutated("t3-sessions-cut")) {
    if (pass.act(DetachServer{view->load_balancer, view->backend, server->name, true}) && counted) {
      pass.warning(spec::Reason::DrainTimedOut, fmt::format("{} still has {} sessions after {}: they are cut", where,
                                                            *server->sessions, format_duration(limit)));
    }
    return;
  }
  const auto left = format_duration(std::chrono::ceil<std::chrono::seconds>(since + limit - pass.now));
  if (counted) {
    pass.wait(spec::Reason::Draining,
              fmt::format("waiting for {} sessions on {} to end, at most {} more", *server->sessions, where, left));
  } else {
    pass.wait(
        spec::Reason::Draining,
        fmt::format("{} waits for its full drain time, {} more, since load balancer {} cannot say "
                    "how many sessions it has{}{}",
                    where, left, view->load_balancer, view->leftover.why.empty() ? "" : ": ", view->leftover.why));
  }
}

// The load balancer has no such server. True once that is certain, and nothing of it is under way in processes that a
// reload has replaced.
bool is_drained(Pass& pass, const BackendView& view, const world::Container& container, Duration limit) {
  if (view.unconfirmed.contains(container.name)) {
    pass.wait(spec::Reason::LoadBalancerUnavailable, fmt::format("looking once more whether {} is gone from {}/{}",
                                                                 container.name, view.load_balancer, view.backend));
    pass.wake_in(second_look_after);
    return false;
  }
  const auto left = view.leftover.sessions.find(container.name);
  const bool has_sessions = left != view.leftover.sessions.end();
  const auto replaced_at = has_sessions ? pass.now : view.leftover.uncounted_before.value_or(pass.now);
  const auto known = pass.next.leaving.draining.find(container.name);
  const auto since = known == pass.next.leaving.draining.end() ? std::min(replaced_at, pass.now) : known->second;
  if (!has_sessions && !has_uncounted(view, container, since, limit)) return true;
  if (pass.now >= since + limit) {
    if (has_sessions && !pass.next.leaving.stopping.contains(container.id)) {
      pass.warning(spec::Reason::DrainTimedOut,
                   fmt::format("{} still has {} sessions in old processes of load balancer {} after {}: they are cut",
                               container.name, left->second, view.load_balancer, format_duration(limit)));
    }
    return true;
  }
  pass.next.leaving.draining.insert_or_assign(container.name, since);
  pass.poll();
  const auto rest = format_duration(std::chrono::ceil<std::chrono::seconds>(since + limit - pass.now));
  pass.wait(spec::Reason::Draining,
            has_sessions
                ? fmt::format("waiting for {} sessions on {} to end in old processes of load balancer {}, at most {} "
                              "more",
                              left->second, container.name, view.load_balancer, rest)
                : fmt::format("{} waits for its full drain time, {} more, since load balancer {} cannot say how many "
                              "sessions it has: {}",
                              container.name, rest, view.load_balancer, view.leftover.why));
  return false;
}

// Recreated or restarted since: the engine gave it another port, and the old one may be a stranger's by now.
bool is_elsewhere(const world::Container& container, const world::Server& server) {
  return container.address && server.address != *container.address;
}

// Two checks of one replica that come to different ends: then the load balancer's asks something else. Empty: they
// agree.
std::string disagreement_of(const Observed& world, const world::Container& container, const world::Server& server) {
  const auto own = world.health.find(container.id);
  const bool is_well = own != world.health.end() && own->second.ever && own->second.failures == 0;
  if (!is_well || server.check_passed || server.check_failure.empty()) return {};
  return fmt::format("{} while teald's own is healthy: {}", server.check_failure, server.check_remedy);
}

// What is wrong with the servers of all replicas of a component that run; empty while one of them is well.
std::string disagreement_of_all(const Observed& world, const BackendView& view, const std::string& component) {
  std::string found;
  for (const auto& server : view.servers) {
    const auto container = std::ranges::find(world.containers, server.name, &world::Container::name);
    if (container == world.containers.end() || container->unit != component ||
        container->state != world::ContainerState::Running)
      continue;
    const bool is_out = server.intake == world::Intake::Closed || is_elsewhere(*container, server);
    auto disagreement = is_out ? std::string{} : disagreement_of(world, *container, server);
    if (disagreement.empty()) return {};
    found = std::move(disagreement);
  }
  return found;
}

}  // namespace

std::string disagreement_of_checks(const Observed& world, const spec::ApplicationSpec& serving,
                                   const spec::ApplicationSpec& wanted) {
  for (const auto& component : serving.components) {
    const auto* next = spec::find_component(wanted, component.name);
    // A version that answers elsewhere may be the one that mends it.
    if (!next || !component.load_balancer || next->health != component.health) continue;
    for (const auto& view : world.backends) {
      const bool is_its =
          view.load_balancer == component.load_balancer->name && view.backend == component.load_balancer->backend;
      auto disagreement = is_its ? disagreement_of_all(world, view, component.name) : std::string{};
      if (!disagreement.empty()) return disagreement;
    }
  }
  return {};
}

bool checks_agree(Pass& pass) {
  if (!pass.next.course.active) return true;
  const auto disagreement = disagreement_of_checks(pass.world, pass.next.course.active->application.spec, pass.spec());
  if (disagreement.empty()) return true;
  pass.wait(spec::Reason::WaitingForServers, disagreement);
  pass.wake_in(std::chrono::milliseconds{500});
  return false;
}

namespace {

// It took traffic, and somebody has taken it out, or has switched its check off: it is wanted there. What is out of
// traffic altogether returns as if it were new.
void undo_by_hand(Pass& pass, const BackendView& view, const world::Server& server, const world::Container& container,
                  const std::string& replica) {
  if (server.by_hand.empty()) return;
  const auto known = pass.next.admitted.find(container.name);
  const bool was_admitted = known != pass.next.admitted.end() && known->second == container.id;
  const bool is_open = server.intake == world::Intake::Open;
  if (is_open) pass.act(AdmitServer{view.load_balancer, view.backend, container.name});
  if (!was_admitted) return;
  pass.next.admitted.erase(known);
  pass.warning(spec::Reason::TakenOutByHand,
               fmt::format("load balancer {}: somebody has changed the server of {}: {}; teald undoes that, as \"{}\" "
                           "would, since the replica is wanted in traffic",
                           view.load_balancer, replica, server.by_hand, server.undo));
}

}  // namespace

bool register_server(Pass& pass, const spec::Component& component, const world::Container& container,
                     const std::string& replica, bool may_add) {
  const auto& use = *component.load_balancer;
  const auto* view = pass.backend(use);
  if (!view || view->presence != Presence::Present) {
    pass.wait(spec::Reason::LoadBalancerUnavailable,
              fmt::format("load balancer {}: {}", use.name, view ? view->why : "not observed yet"));
    pass.wake_in(std::chrono::milliseconds{500});
    return false;
  }
  const auto server = std::ranges::find(view->servers, container.name, &world::Server::name);
  if (server == view->servers.end()) {
    if (may_add && container.address) {
      pass.next.leaving.draining.erase(container.name);
      pass.next.admitted.erase(container.name);
      pass.act(AttachServer{use.name, use.backend, container.name, *container.address, component.health});
      pass.wait(spec::Reason::RegisteringServers, fmt::format("adding {} to {}/{}", replica, use.name, use.backend));
    }
    return false;
  }
  if (is_elsewhere(container, *server)) return false;  // `remove_dead_servers` takes it out
  if (server->up) pass.next.admitted.insert_or_assign(container.name, container.id);
  undo_by_hand(pass, *view, *server, container, replica);
  if (server->up) return true;
  pass.poll();
  const auto disagreement = disagreement_of(pass.world, container, *server);
  pass.wait(spec::Reason::WaitingForServers,
            !disagreement.empty() ? disagreement
                                  : fmt::format("waiting for load balancer {} to report {} up: {}", use.name, replica,
                                                server->check.empty() ? "not checked yet" : server->check));
  switch (server->intake) {
    case world::Intake::Open:
      break;
    case world::Intake::Draining:
      // Warmed up by its own check before it takes traffic; but nothing can be worse than a backend with no server.
      if (may_add && (server->check_passed || !anything_up(*view))) {
        pass.act(AdmitServer{use.name, use.backend, container.name});
      }
      break;
    case world::Intake::Closed:
      if (may_add) pass.act(DrainServer{use.name, use.backend, container.name});
      break;
  }
  return false;
}

bool withdraw(Pass& pass, const world::Container& container, bool may_drain) {
  const auto located = pass.servers(container.name);
  const bool alive = container.state == world::ContainerState::Running;
  const auto* component = component_of(pass, container);
  for (const auto& one : located) {
    if (alive) {
      withdraw_server(pass, one, container, drain_limit(component), may_drain);
    } else {
      note_server(pass, *one.backend, *one.server);
      pass.act(DetachServer{one.backend->load_balancer, one.backend->backend, container.name, true});
    }
  }
  if (!alive) return true;  // T5: a dead replica waits for nobody
  if (component && component->load_balancer) {
    const auto* view = pass.backend(*component->load_balancer);
    if (view && view->presence == Presence::Unknown && !mutants::mutated("t3-silent-balancer")) {
      pass.wait(spec::Reason::LoadBalancerUnavailable,
                fmt::format("load balancer {} must confirm that {} is out of traffic: {}",
                            component->load_balancer->name, container.name, view->why));
      pass.wake_in(std::chrono::milliseconds{500});
      return false;
    }
    if (view && located.empty()) return is_drained(pass, *view, container, drain_limit(component));
  }
  return located.empty() || mutants::mutated("t3-drain-not-awaited");
}

void withdraw_predecessor(Pass& pass, const LocatedServer& located, Duration limit, bool may_drain) {
  world::Container container;  // nobody knows since when it runs
  container.name = located.server->name;
  withdraw_server(pass, located, container, limit, may_drain);
}

bool is_predecessor_drained(Pass& pass, const BackendView& view, const std::string& name, Duration limit) {
  world::Container container;
  container.name = name;
  return is_drained(pass, view, container, limit);
}

bool clear_of_servers(Pass& pass, const spec::ApplicationSpec* remaining) {
  for (const auto& view : pass.world.backends) {
    if (remaining && uses(*remaining, view)) continue;
    if (view.presence == Presence::Unknown) {
      pass.wait(spec::Reason::LoadBalancerUnavailable,
                fmt::format("load balancer {} must confirm that no server of {} is left in {}: {}", view.load_balancer,
                            pass.desired.application.name, view.backend, view.why));
      pass.wake_in(std::chrono::milliseconds{500});
      return false;
    }
    if (!view.servers.empty()) {
      pass.wait(spec::Reason::RemovingServers,
                fmt::format("removing {} servers from {}/{}", view.servers.size(), view.load_balancer, view.backend));
      return false;
    }
  }
  return true;
}

void remove_dead_servers(Pass& pass) {
  // Another teald's replica, which serves at this address, is not ours to take out.
  const auto is_anothers = [&](const world::Server& server) {
    return std::ranges::any_of(pass.world.of_others, [&](const auto& owned) {
      return std::ranges::any_of(owned.second, [&](const world::Container& one) {
        return one.name == server.name && one.address == server.address;
      });
    });
  };
  for (const auto& view : pass.world.backends) {
    for (const auto& server : view.servers) {
      if (is_anothers(server)) continue;
      const auto* container = pass.container(server.name);
      if (container && container->state == world::ContainerState::Running && !is_elsewhere(*container, server))
        continue;
      if (container ? mutants::mutated("t5-dead-waits") : mutants::mutated("o3-orphaned-servers")) continue;
      note_server(pass, view, server);
      pass.act(DetachServer{view.load_balancer, view.backend, server.name, true});
    }
  }
}

}  // namespace teal::rollout
