#include "controllers/rollout/retire.hpp"

#include <fmt/format.h>

#include "controllers/rollout/servers.hpp"

namespace teal {
namespace {

Stop stop_of(const Pass& pass, const Container& container) {
  const auto& record = pass.next;
  const auto* component = record.active && record.active->number == container.revision
                              ? find_component(record.active->application.spec, container.unit)
                              : nullptr;
  if (!component) component = find_component(pass.spec(), container.unit);
  if (!component && record.active) component = find_component(record.active->application.spec, container.unit);
  return component ? component->stop : Stop{};
}

}  // namespace

void retire(Pass& pass, const Container& container) {
  if (container.state != ContainerState::Running) {
    pass.act(RemoveContainer{container.id, container.name, container.revision});
    return;
  }
  const auto stop = stop_of(pass, container);
  const auto found = pass.next.stopping.find(container.id);
  if (found == pass.next.stopping.end()) {
    pass.next.stopping[container.id] = StopRecord{pass.now, false};
    pass.act(SendStop{container.id, container.name, stop.signal});
    return;
  }
  // A second signal kills some applications at once, so it is only sent when the engine has no record of the first.
  if (!found->second.delivered) {
    if (container.signalled_at) {
      found->second.delivered = true;
    } else {
      pass.act(SendStop{container.id, container.name, stop.signal});
    }
  }
  const auto deadline = found->second.decided_at + stop.grace;
  if (pass.now >= deadline) {
    if (pass.act(RemoveContainer{container.id, container.name, container.revision})) {
      pass.warning("StopTimedOut", fmt::format("{} still runs {} after {}: it is killed", container.name,
                                               format_duration(stop.grace), stop.signal));
    }
    return;
  }
  pass.wake_at(deadline);
  pass.wait("Stopping", fmt::format("waiting for {} to end after {}, at most {} more", container.name, stop.signal,
                                    format_duration(deadline - pass.now)));
}

bool dispose(Pass& pass, bool may_drain, const std::function<bool(const Container&)>& which) {
  bool none = true;
  for (const auto& container : pass.world.containers) {
    if (container.role != Role::Serve || !which(container)) continue;
    none = false;
    if (withdraw(pass, container, may_drain)) retire(pass, container);
  }
  return none;
}

void remove_ended_jobs(Pass& pass, const std::function<bool(const Container&)>& which) {
  for (const auto& container : pass.world.containers) {
    if (container.role != Role::Migrate || container.state == ContainerState::Running || !which(container)) continue;
    pass.act(RemoveContainer{container.id, container.name, container.revision});
  }
}

}  // namespace teal
