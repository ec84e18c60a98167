#include "controllers/rollout/replicas/retire.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {
namespace {

spec::Stop stop_of(const Pass& pass, const world::Container& container) {
  const auto& record = pass.next;
  const auto* component = record.course.active && record.course.active->number == container.revision
                              ? spec::find_component(record.course.active->application.spec, container.unit)
                              : nullptr;
  if (!component) component = spec::find_component(pass.spec(), container.unit);
  if (!component && record.course.active)
    component = spec::find_component(record.course.active->application.spec, container.unit);
  return component ? component->stop : spec::Stop{};
}

constexpr int most_tries = 3;

bool cannot_be_sent(const Pass& pass, const world::Container& container) {
  const auto found = pass.next.leaving.stopping.find(container.id);
  if (found != pass.next.leaving.stopping.end() && found->second.delivered) return false;
  const auto failure = pass.world.failures.find(key(SendStop{container.id, container.name, ""}));
  return failure != pass.world.failures.end() && failure->second.error.code != ErrorCode::invalid;
}

// A signal of before this stop was decided on is somebody else's. The engine's clock may be read a moment before ours,
// and ours may have been set back.
bool is_delivered(const world::Container& container, const records::StopRecord& stop, Time now) {
  return container.signalled_at && *container.signalled_at >= std::min(stop.decided_at, now) - std::chrono::seconds{1};
}

}  // namespace

Time send_stop(Pass& pass, const world::Container& container, const std::string& signal) {
  const auto [entry, is_first] =
      pass.next.leaving.stopping.try_emplace(container.id, records::StopRecord{pass.now, false, 1});
  auto& stop = entry->second;
  if (is_delivered(container, stop, pass.now) && !mutants::mutated("stop-evidence-unread")) stop.delivered = true;
  if (stop.delivered && !mutants::mutated("m5-second-signal")) return stop.decided_at;
  const bool failed = cannot_be_sent(pass, container);
  // The engine knows of no signal: we died before we could send it. Its grace begins anew.
  if (!is_first && !failed && stop.tries >= most_tries) return stop.decided_at;
  if (pass.act(SendStop{container.id, container.name, signal}) && !is_first) {
    stop.decided_at = pass.now;
    stop.tries = std::min(stop.tries + 1, most_tries);
  }
  return stop.decided_at;
}

void retire(Pass& pass, const world::Container& container) {
  if (container.state != world::ContainerState::Running) {
    pass.act(RemoveContainer{container.id, container.name, container.revision});
    return;
  }
  const auto stop = stop_of(pass, container);
  const auto deadline = send_stop(pass, container, stop.signal) + stop.grace;
  if (cannot_be_sent(pass, container)) {
    pass.wait(spec::Reason::Stopping, fmt::format("{} cannot be asked to stop yet", container.name));
    return;
  }
  const auto& sent = pass.next.leaving.stopping.at(container.id);
  const bool grace_is_over = pass.now >= deadline || mutants::mutated("stop-without-grace");
  if (grace_is_over && (sent.delivered || sent.tries >= most_tries)) {
    const RemoveContainer removal{container.id, container.name, container.revision};
    if (!pass.world.failures.contains(key(removal)))
      pass.excuse(records::Excuse::Stopping);  // its grace was all it took
    if (pass.act(removal)) {
      pass.warning(spec::Reason::StopTimedOut, fmt::format("{} still runs {} after {}: it is killed", container.name,
                                                           format_duration(stop.grace), stop.signal));
    }
    return;
  }
  pass.wake_at(deadline);
  pass.excuse(records::Excuse::Stopping);  // its own grace bounds it, not the phase's deadline
  pass.wait(spec::Reason::Stopping,
            fmt::format("waiting for {} to end after {}, at most {} more", container.name, stop.signal,
                        format_duration(std::chrono::ceil<std::chrono::seconds>(deadline - pass.now))));
}

bool dispose(Pass& pass, bool may_drain, const std::function<bool(const world::Container&)>& which) {
  bool none = true;
  for (const auto& container : pass.world.containers) {
    if (container.role != world::Role::Serve || !which(container)) continue;
    none = false;
    if (withdraw(pass, container, may_drain)) retire(pass, container);
  }
  return none;
}

void remove_ended_jobs(Pass& pass, const std::function<bool(const world::Container&)>& which) {
  if (mutants::mutated("o3-orphaned-jobs")) return;
  for (const auto& container : pass.world.containers) {
    const bool runs = container.state == world::ContainerState::Running && !mutants::mutated("m5-removes-what-runs");
    if (container.role != world::Role::Migrate || runs || !which(container)) continue;
    pass.act(RemoveContainer{container.id, container.name, container.revision});
  }
}

}  // namespace teal::rollout
