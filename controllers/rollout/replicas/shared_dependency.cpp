#include "controllers/rollout/replicas/shared_dependency.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/phases.hpp"

namespace teal {
namespace {

using namespace std::chrono_literals;

constexpr Duration at_the_same_time = 5s;
constexpr Duration between_looks = 1s;  // so that it is known when they last failed together
constexpr Duration same_hold = 1min;    // a pause between two holds that is not worth a second event

// Running replicas of a revision whose own check fails now: for certain, `failures` times in a row; else be it for the
// first time.
bool any_failing(const Pass& pass, const Revision& revision, bool for_certain) {
  return std::ranges::any_of(pass.world.containers, [&](const Container& one) {
    if (one.role != Role::Serve || one.revision != revision.number) return false;
    const auto* component = find_component(revision.application.spec, one.unit);
    if (!component || !component->port) return false;
    const auto view = pass.world.health.find(one.id);
    return view != pass.world.health.end() && view->second.failures >= (for_certain ? component->health.failures : 1);
  });
}

// How long it takes until every old replica has been asked anew.
Duration round_of_checks(const Revision& old) {
  Duration longest{0};
  for (const auto& component : old.application.spec.components) {
    if (component.port) longest = std::max(longest, component.health.interval + component.health.timeout);
  }
  return longest;
}

// What fails is asked more often than what is well: the old ones may not have been asked since it began.
bool old_are_still_asked(Pass& pass, const Why& broken) {
  if (!pass.next.suspected_at) pass.next.suspected_at = pass.now;
  const auto verdict_at = *pass.next.suspected_at + round_of_checks(*pass.next.active);
  if (pass.now >= verdict_at || mutated("dependency-old-not-asked")) return false;
  pass.wait(broken.reason, broken.message);
  pass.wake_at(verdict_at);
  return true;
}

// After it was down the new ones have as long as for their start: to answer again, and to be seen to by what is before
// them.
std::optional<Time> excused_until(const Pass& pass) {
  if (!pass.next.excused_at) return std::nullopt;
  Duration startup{0};
  for (const auto& component : pass.spec().components) {
    if (component.port) startup = std::max(startup, component.health.startup);
  }
  const auto until = *pass.next.excused_at + startup;
  return pass.now < until && !mutated("dependency-no-time-again") ? std::optional{until} : std::nullopt;
}

bool has_its_time_again(Pass& pass, const Why& broken) {
  const auto until = excused_until(pass);
  if (!until) return false;
  pass.explain(broken.reason,
               fmt::format("{}; what it shares with the old replicas was down, so it has {} more", broken.message,
                           format_duration(std::chrono::ceil<std::chrono::seconds>(*until - pass.now))));
  pass.next.progressed_at = pass.now;
  pass.wake_at(*until);
  return true;
}

}  // namespace

bool held_for_dependency(Pass& pass, const std::optional<Why>& broken) {
  if (!pass.next.active || !keeps_old(pass.next) || mutated("shared-dependency")) return false;
  if (broken && broken->reason != "HealthCheckFailed") return false;
  // Before anything is to be given up a single failure of the old ones says nothing: the new ones may be starting, or
  // have their time again, which one failure now and then must not make last for ever.
  const bool for_certain = !broken || excused_until(pass);
  const bool together =
      (broken || any_failing(pass, pass.next.target, false)) && any_failing(pass, *pass.next.active, for_certain);
  if (!together && broken) return old_are_still_asked(pass, *broken) || has_its_time_again(pass, *broken);
  // Replicas that are well may still be given up for what their load balancer answers: that suspicion goes on.
  const bool through_it = pass.world.traffic.failures > 0 && !mutated("traffic-never-fails");
  if (together || !through_it) pass.next.suspected_at.reset();
  if (!together) return false;
  const auto failing = broken ? broken->message : pass.said();
  pass.explain(
      "SharedDependencyDown",
      "old and new replicas fail their health check at the same time, so a dependency that they share is down; "
      "waiting for it: " +
          failing);
  const auto before = pass.next.excused_at;
  if (!before || pass.now > *before + same_hold) pass.warning("SharedDependencyDown", pass.said());
  pass.next.excused_at = pass.now;
  pass.next.interrupted_at = pass.now;
  pass.next.progressed_at = pass.now;
  pass.wake_in(between_looks);
  return true;
}

bool old_have_ended(const Pass& pass) {
  const auto& old = *pass.next.active;
  for (const auto& component : old.application.spec.components) {
    for (int index = 0; index < component.replicas; ++index) {
      const auto name = container_name(pass.next.application, component.name, old.number, index);
      const auto* container = pass.container(name);
      if (container && container->state == ContainerState::Exited && !pass.next.stopping.contains(container->id))
        return true;
      const auto known = pass.next.restarts.find(name);
      if (known != pass.next.restarts.end() && pass.now < known->second.last_at + at_the_same_time) return true;
    }
  }
  return false;
}

bool stopped_by(Pass& pass, const FleetReport& target) {
  if (held_for_dependency(pass, target.broken)) return true;
  if (target.broken) pass.fail(*target.broken);
  return target.broken.has_value();
}

}  // namespace teal
