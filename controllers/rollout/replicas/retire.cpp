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
constexpr int often = 3;  // failures in a row, after which nobody waits for the next try

RemoveContainer removal_of(const world::Container& container) {
  return {container.id, container.name, container.revision};
}

bool fails_again_and_again(const Observed& world, const Action& action) {
  const auto failure = world.failures.find(key(action));
  return failure != world.failures.end() && failure->second.count >= often;
}

bool has_server(const Observed& world, const world::Container& container) {
  return std::ranges::any_of(world.backends, [&](const BackendView& view) {
    return std::ranges::any_of(view.servers, [&](const world::Server& one) { return one.name == container.name; });
  });
}

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
    const bool is_first = !pass.world.failures.contains(key(removal));
    if (is_first) pass.excuse(records::Excuse::Stopping);  // its grace was all it took
    if (pass.act(removal) && is_first) {
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

bool is_left_behind(const Observed& world, const world::Container& container) {
  const bool is_out = container.state != world::ContainerState::Running && !has_server(world, container);
  return is_out && fails_again_and_again(world, removal_of(container)) && !mutants::mutated("l1-waits-for-removals");
}

bool cannot_be_ended(const Observed& world, const world::Container& container) {
  const bool is_known_out =
      !has_server(world, container) &&
      std::ranges::none_of(world.backends, [](const BackendView& one) { return one.presence == Presence::Unknown; });
  if (container.state != world::ContainerState::Running || !is_known_out) return false;
  return fails_again_and_again(world, removal_of(container)) ||
         fails_again_and_again(world, SendStop{container.id, container.name, ""});
}

std::string why_it_stays(const Observed& world, const world::Container& container) {
  for (const Action& action : {Action{removal_of(container)}, Action{SendStop{container.id, container.name, ""}}}) {
    const auto failure = world.failures.find(key(action));
    if (failure != world.failures.end()) return failure->second.error.message;
  }
  return {};
}

void tell_left_behind(Pass& pass, const std::function<bool(const world::Container&)>& which) {
  for (const auto& container : pass.world.containers) {
    const bool runs = cannot_be_ended(pass.world, container);
    if (!which(container) || !(runs || is_left_behind(pass.world, container))) continue;
    pass.warning(spec::Reason::LeftBehind,
                 fmt::format("{} {}, and its removal is tried on: {}", container.name,
                             runs ? "takes no traffic but cannot be ended" : "has ended but cannot be removed",
                             why_it_stays(pass.world, container)));
  }
}

bool dispose(Pass& pass, bool may_drain, const std::function<bool(const world::Container&)>& which) {
  bool none = true;
  for (const auto& container : pass.world.containers) {
    if (container.role != world::Role::Serve || !which(container)) continue;
    none = none && is_left_behind(pass.world, container);
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
