#include "controllers/reconcile/second_look.hpp"

#include <algorithm>

#include "controllers/mutants/mutated.hpp"

namespace teal::reconcile {
namespace {

// Of replicas that run: nothing is stopped that does not.
std::set<std::string> missing_in(const rollout::BackendView& view, const rollout::Observed& world) {
  std::set<std::string> names;
  for (const auto& container : world.containers) {
    if (container.role != world::Role::Serve || container.state != world::ContainerState::Running) continue;
    if (std::ranges::find(view.servers, container.name, &world::Server::name) == view.servers.end())
      names.insert(container.name);
  }
  return names;
}

}  // namespace

void take_second_look(const ports::Ports& ports, MissingServers& missing, rollout::Observed& world) {
  MissingServers now;
  for (auto& view : world.backends) {
    const auto where = view.load_balancer + "/" + view.backend;
    const auto before = missing.find(where);
    if (view.presence == rollout::Presence::Unknown) {
      if (before != missing.end()) now.insert(*before);
      continue;
    }
    auto names = missing_in(view, world);
    const auto port = ports.load_balancers.find(view.load_balancer);
    if (port != ports.load_balancers.end()) {
      if (!mutants::mutated("t3-old-process-forgotten"))
        view.leftover = port->second.load_balancer->leftover(view.backend);
      for (const auto& name : names) {
        if (before == missing.end() || !before->second.contains(name)) view.unconfirmed.insert(name);
      }
    }
    now.emplace(where, std::move(names));
  }
  missing = std::move(now);
}

}  // namespace teal::reconcile
