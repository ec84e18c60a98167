#include "controllers/rollout/replicas/liveness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/replicas.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/replicas/set_aside.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {
namespace {

constexpr int patience = 10;  // times `health.failures`

bool is_hung(const Pass& pass, const spec::Component& component, const world::Container& container) {
  if (container.state != world::ContainerState::Running || pass.next.leaving.stopping.contains(container.id))
    return false;
  const auto view = pass.world.health.find(container.id);
  if (view == pass.world.health.end() || view->second.failures < patience * component.health.failures) return false;
  if (!container.started_at) return false;
  const bool is_of_another_clock = *container.started_at > pass.now;  // which was set back since
  return is_of_another_clock || pass.now >= *container.started_at + component.health.startup;
}

bool takes_traffic(const Pass& pass, const spec::Component& component, const world::Container& container) {
  if (!component.load_balancer) return false;
  const auto* view = pass.backend(*component.load_balancer);
  if (!view || view->presence != Presence::Present) return true;  // not known: assume the worst
  return std::ranges::any_of(pass.servers(container.name), [](const LocatedServer& one) { return one.server->up; });
}

// The one to be replaced now, if any.
const world::Container* hung_replica(const Pass& pass, const records::Revision& revision,
                                     const spec::Component& component) {
  const world::Container* found = nullptr;
  bool any_ready = false;
  for (int index = 0; index < component.replicas; ++index) {
    const auto* container =
        pass.container(spec::container_name(pass.next.application, component.name, revision.number, index));
    if (container && is_hung(pass, component, *container)) {
      // One whose traffic was given back is wanted there, although its server may not be up yet.
      const bool is_wanted_in = is_given_back(pass, *container);
      if (!found && !is_wanted_in && !takes_traffic(pass, component, *container)) found = container;
      continue;
    }
    if (container && pass.next.leaving.stopping.contains(container->id)) return nullptr;  // one at a time
    if (readiness(component, container, pass.world, pass.now) == Readiness::Ready) {
      any_ready = true;
    } else if (readiness(component, container, pass.world, pass.now) != Readiness::Unhealthy) {
      return nullptr;  // another one is on its way up
    }
  }
  return any_ready ? found : nullptr;
}

}  // namespace

void replace_hung(Pass& pass, const records::Revision& revision) {
  for (const auto& component : revision.application.spec.components) {
    if (!component.port) continue;
    const auto* container = hung_replica(pass, revision, component);
    if (!container || !withdraw(pass, *container, true)) continue;
    auto& restart = pass.next.restarts[container->name];
    restart.count += 1;
    restart.last_at = pass.now;
    restart.container = container->id;
    pass.warning(spec::Reason::ReplicaHung,
                 fmt::format("{} runs, but failed its health check {} times in a row ({}): replacing it",
                             replica_text(component, container->index, revision.number),
                             pass.world.health.at(container->id).failures, pass.world.health.at(container->id).answer));
    retire(pass, *container);
  }
}

void recreate_unhealthy(Pass& pass) {
  pass.next.orders.retry = false;
  if (!can_roll_back(pass.next)) return;
  for (const auto& component : pass.spec().components) {
    for (int index = 0; index < component.replicas; ++index) {
      const auto* container = pass.container(
          spec::container_name(pass.next.application, component.name, pass.next.course.target.number, index));
      if (!container || container->state != world::ContainerState::Running ||
          !pass.world.health.contains(container->id))
        continue;
      if (readiness(component, container, pass.world, pass.now) != Readiness::Ready)
        pass.next.leaving.stopping.try_emplace(container->id, records::StopRecord{pass.now, false, 0});
    }
  }
}

}  // namespace teal::rollout
