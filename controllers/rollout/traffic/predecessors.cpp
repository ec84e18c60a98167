#include "controllers/rollout/traffic/predecessors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {
namespace {

using spec::Phase;

constexpr Duration adoption_look = std::chrono::milliseconds{500};

bool is_first_installation(const Pass& pass) {
  return pass.spec().adopt && !pass.next.course.active && pass.next.predecessors == records::Predecessors::Serving;
}

const world::Predecessor* predecessor_named(const Pass& pass, std::string_view name) {
  if (!pass.world.predecessors) return nullptr;
  const auto found = std::ranges::find(*pass.world.predecessors, name, &world::Predecessor::name);
  return found == pass.world.predecessors->end() ? nullptr : &*found;
}

const BackendView* kept_view(const Pass& pass, const spec::Component& component) {
  const auto* view = component.load_balancer ? pass.backend(*component.load_balancer) : nullptr;
  return view && view->kept_by_teal ? view : nullptr;
}

// Which component it does the work of, as its ports tell, and where.
struct StandIn {
  const spec::Component* component = nullptr;
  const BackendView* view = nullptr;
  std::string address;
};

std::optional<StandIn> stand_in_of(const Pass& pass, const world::Predecessor& container) {
  std::vector<StandIn> all;
  for (const auto& component : pass.spec().components) {
    const auto* view = kept_view(pass, component);
    if (!view) continue;
    const auto found = container.addresses.find(component.port.value_or(0));
    if (found != container.addresses.end()) return StandIn{&component, view, found->second};
    all.push_back({&component, view, {}});
  }
  // The only port of the one for the only port of the other, whatever their numbers.
  if (all.size() != 1 || container.addresses.size() != 1) return std::nullopt;
  all.front().address = container.addresses.begin()->second;
  return all.front();
}

std::string problem_of_container(const Pass& pass, const std::string& name) {
  const auto* container = predecessor_named(pass, name);
  if (!container) return {};
  if (container->id.empty()) return fmt::format("the engine has no container {}", name);
  if (!container->owner.empty())
    return fmt::format("{} is a container of Teal's, of application {}", name, container->owner);
  if (!container->running) return fmt::format("container {} does not run, so it is no fallback", name);
  const bool any_kept = std::ranges::any_of(
      pass.spec().components, [&](const spec::Component& one) { return kept_view(pass, one) != nullptr; });
  if (any_kept && !container->addresses.empty() && !stand_in_of(pass, *container)) {
    std::vector<int> ports;
    for (const auto& [port, address] : container->addresses) ports.push_back(port);
    return fmt::format(
        "which component container {} stands for cannot be told: it has the ports {}, and none behind "
        "the load balancer has one of them",
        name, fmt::join(ports, ", "));
  }
  return {};
}

std::string problem_of_server(const Pass& pass, const std::string& text) {
  const auto slash = text.find('/');
  const auto balancer = text.substr(0, slash);
  const auto name = text.substr(slash + 1);
  std::vector<std::string> backends;
  std::vector<std::string> others;
  for (const auto& view : pass.world.backends) {
    if (view.load_balancer != balancer) continue;
    if (view.presence != Presence::Present) return {};  // that is told by itself
    if (std::ranges::find(view.predecessors, name, &world::Server::name) != view.predecessors.end()) return {};
    backends.push_back(view.backend);
    others.insert(others.end(), view.others.begin(), view.others.end());
  }
  if (backends.empty()) return {};
  return fmt::format("load balancer {} has no server {} in backend {}: it has {}", balancer, name,
                     fmt::join(backends, ", "),
                     others.empty() ? "none of others" : fmt::format("{}", fmt::join(others, ", ")));
}

std::string adoption_problem(const Pass& pass) {
  const auto& adopt = *pass.spec().adopt;
  for (std::size_t i = 0; i < adopt.containers.size(); ++i) {
    if (auto problem = problem_of_container(pass, adopt.containers[i]); !problem.empty())
      return fmt::format("spec.adopt.containers[{}]: {}", i, problem);
  }
  for (std::size_t i = 0; i < adopt.servers.size(); ++i) {
    if (auto problem = problem_of_server(pass, adopt.servers[i]); !problem.empty())
      return fmt::format("spec.adopt.servers[{}]: {}", i, problem);
  }
  return {};
}

// One step of giving it a server behind a load balancer that Teal keeps; true once that takes requests.
bool serve_by(Pass& pass, const world::Predecessor& container, const StandIn& place) {
  const auto& view = *place.view;
  if (view.presence != Presence::Present) return false;
  const auto server = std::ranges::find(view.predecessors, container.name, &world::Server::name);
  if (server == view.predecessors.end()) {
    pass.next.leaving.draining.erase(container.name);
    pass.act(AttachServer{view.load_balancer, view.backend, container.name, place.address, place.component->health});
    return false;
  }
  if (server->address != place.address) {
    pass.act(DetachServer{view.load_balancer, view.backend, container.name, true});
    return false;
  }
  if (server->up) return true;
  pass.poll();
  if (server->intake != world::Intake::Open) pass.act(AdmitServer{view.load_balancer, view.backend, container.name});
  return false;
}

// True once all of them take requests.
bool predecessors_serve(Pass& pass) {
  bool all = true;
  for (const auto& name : pass.spec().adopt->containers) {
    const auto* container = predecessor_named(pass, name);
    const auto place = container && container->running ? stand_in_of(pass, *container) : std::nullopt;
    if (!place || serve_by(pass, *container, *place)) continue;
    all = false;
    const auto server = std::ranges::find(place->view->predecessors, name, &world::Server::name);
    const auto check =
        server == place->view->predecessors.end() || server->check.empty() ? "not checked yet" : server->check;
    pass.wait(spec::Reason::AdoptionBlocked,
              fmt::format("container {} is the fallback, and load balancer {} has to report it up before anything is "
                          "changed (it asks {}): {}",
                          name, place->view->load_balancer, place->component->health.path, check));
    pass.wake_in(adoption_look);
  }
  return all;
}

Duration limit_of(const Pass& pass, const BackendView& view) {
  for (const auto& one : pass.spec().components) {
    const auto& use = one.load_balancer;
    if (use && use->name == view.load_balancer && use->backend == view.backend) return use->drain;
  }
  return spec::LoadBalancerUse{}.drain;
}

// Their names, as the manifest says them and as load balancers have them.
std::vector<std::string> names_in(const spec::Adopt& adopt) {
  auto names = adopt.containers;
  for (const auto& server : adopt.servers) names.push_back(server.substr(server.find('/') + 1));
  return names;
}

}  // namespace

bool adoption_fits(Pass& pass) {
  if (!is_first_installation(pass) || !pass.world.predecessors) return true;
  if (const auto problem = adoption_problem(pass); !problem.empty()) {
    const auto message =
        fmt::format("{}; nothing has been changed yet, and the rollout goes on once that is mended", problem);
    pass.warn_once(spec::Reason::AdoptionBlocked, message);
    pass.wait(spec::Reason::AdoptionBlocked, message);
    pass.wake_in(adoption_look);
    return false;
  }
  return predecessors_serve(pass);
}

bool withdraw_predecessors(Pass& pass, bool may_drain) {
  bool out = true;
  for (const auto& view : pass.world.backends) {
    if (pass.spec().adopt && view.presence == Presence::Unknown) {
      pass.wait(spec::Reason::LoadBalancerUnavailable,
                fmt::format("load balancer {} must confirm that what ran before Teal is out of traffic: {}",
                            view.load_balancer, view.why));
      pass.wake_in(adoption_look);
      out = false;
      continue;
    }
    const auto limit = limit_of(pass, view);
    for (const auto& server : view.predecessors) {
      withdraw_predecessor(pass, {&view, &server}, limit, may_drain);
      out = false;
    }
    const auto names = pass.spec().adopt && out ? names_in(*pass.spec().adopt) : std::vector<std::string>{};
    for (const auto& name : names) {
      if (pass.next.leaving.draining.contains(name)) out = is_predecessor_drained(pass, view, name, limit) && out;
    }
  }
  if (!out || !pass.spec().adopt || pass.next.predecessors != records::Predecessors::Serving) return out;
  pass.next.predecessors = records::Predecessors::Out;
  for (const auto& name : names_in(*pass.spec().adopt)) pass.next.leaving.draining.erase(name);
  pass.event(spec::Reason::PredecessorsOut,
             fmt::format("what ran before Teal is out of traffic: {}", fmt::join(names_in(*pass.spec().adopt), ", ")));
  return true;
}

bool stop_predecessors(Pass& pass) {
  const auto& adopt = pass.spec().adopt;
  if (!adopt || !adopt->stop || !pass.world.predecessors) return true;
  if (pass.next.predecessors != records::Predecessors::Out) return true;
  bool any = false;
  for (const auto& one : *pass.world.predecessors) {
    if (!one.running || !one.owner.empty()) continue;
    any = true;
    pass.act(StopPredecessor{one.id, one.name});
    pass.wait(spec::Reason::Stopping, fmt::format("stopping {}, which ran before Teal", one.name));
    pass.wake_in(adoption_look);
    pass.excuse(records::Excuse::Stopping);
  }
  if (any) return false;
  pass.next.predecessors = records::Predecessors::Stopped;
  pass.event(spec::Reason::PredecessorsStopped,
             fmt::format("stopped, as adopt.stop says: {}", fmt::join(adopt->containers, ", ")));
  return true;
}

void mind_predecessors(Pass& pass) {
  const auto phase = pass.next.standing.phase;
  if (phase == Phase::Pending || phase == Phase::Preparing) return;
  if (is_first_installation(pass) && phase != Phase::Withdrawing && phase != Phase::Retiring) {
    static_cast<void>(predecessors_serve(pass));
    return;
  }
  if (pass.next.course.active || pass.next.predecessors != records::Predecessors::Serving)
    withdraw_predecessors(pass, true);
  if (phase == Phase::Complete) stop_predecessors(pass);
}

void forget_predecessors(Pass& pass) {
  for (const auto& view : pass.world.backends) {
    if (!view.kept_by_teal) continue;
    for (const auto& server : view.predecessors)
      pass.act(DetachServer{view.load_balancer, view.backend, server.name, true});
  }
}

}  // namespace teal::rollout
