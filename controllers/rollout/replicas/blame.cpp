#include "controllers/rollout/replicas/blame.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/phases.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

constexpr Duration at_the_same_time = 5s;
constexpr Duration between_looks = 1s;  // so that it is known when they last failed together
constexpr Duration same_hold = 1min;    // a pause between two holds that is not worth a second event

// Running replicas of a revision whose own check fails now: for certain, `failures` times in a row; else be it for the
// first time.
bool any_failing(const Pass& pass, const records::Revision& revision, bool for_certain) {
  return std::ranges::any_of(pass.world.containers, [&](const world::Container& one) {
    if (one.role != world::Role::Serve || one.revision != revision.number) return false;
    const auto* component = spec::find_component(revision.application.spec, one.unit);
    if (!component || !component->port) return false;
    const auto view = pass.world.health.find(one.id);
    return view != pass.world.health.end() && view->second.failures >= (for_certain ? component->health.failures : 1);
  });
}

// A running replica of a revision that has not been asked yet: it has only just been seen.
bool any_unasked(const Pass& pass, const records::Revision& revision) {
  return std::ranges::any_of(pass.world.containers, [&](const world::Container& one) {
    if (one.role != world::Role::Serve || one.revision != revision.number) return false;
    const auto* component = spec::find_component(revision.application.spec, one.unit);
    return component && component->port && one.state == world::ContainerState::Running && one.address &&
           one.index < component->replicas && !pass.next.leaving.stopping.contains(one.id) &&
           !pass.world.health.contains(one.id);
  });
}

// How long it takes until every old replica has been asked again.
Duration round_of_checks(const records::Revision& old) {
  Duration longest{0};
  for (const auto& component : old.application.spec.components) {
    if (component.port) longest = std::max(longest, component.health.interval + component.health.timeout);
  }
  return longest;
}

// After it was down the new ones have as long as for their start: to answer again, and to be seen to by what is before
// them.
std::optional<Time> spared_until(const Pass& pass) {
  if (pass.next.standing.blame.whose != records::Blame::Whose::Shared) return std::nullopt;
  Duration startup{0};
  for (const auto& component : pass.spec().components) {
    if (component.port) startup = std::max(startup, component.health.startup);
  }
  const auto until = pass.next.standing.blame.at + startup;
  return pass.now < until && !mutants::mutated("dependency-no-time-again") ? std::optional{until} : std::nullopt;
}

void spare(Pass& pass, const Why& broken, Time until) {
  pass.explain(broken.reason,
               fmt::format("{}; what it shares with the old replicas was down, so it has {} more", broken.message,
                           format_duration(std::chrono::ceil<std::chrono::seconds>(until - pass.now))));
  pass.excuse(records::Excuse::SharedDependency);
  pass.wake_at(until);
}

// What fails is asked more often than what is well: the new revision is to blame only once the old one has been asked
// since it began. True until then.
bool is_only_suspected(Pass& pass, const Why& broken) {
  auto& blame = pass.next.standing.blame;
  if (blame.whose != records::Blame::Whose::NewRevision) blame = {records::Blame::Whose::NewRevision, pass.now};
  const auto verdict_at = blame.at + round_of_checks(*pass.next.course.active);
  const bool is_asked = pass.now >= verdict_at && !any_unasked(pass, *pass.next.course.active);
  if (is_asked || mutants::mutated("dependency-old-not-asked")) return false;
  pass.wait(broken.reason, broken.message);
  pass.wake_at(std::max(verdict_at, pass.now + between_looks));
  return true;
}

void wait_for_dependency(Pass& pass, const std::string& failing) {
  pass.explain(
      spec::Reason::SharedDependencyDown,
      "old and new replicas fail their health check at the same time, so a dependency that they share is down; "
      "waiting for it: " +
          failing);
  auto& blame = pass.next.standing.blame;
  const bool is_known = blame.whose == records::Blame::Whose::Shared && pass.now <= blame.at + same_hold;
  if (!is_known) pass.warning(spec::Reason::SharedDependencyDown, pass.said());
  blame = {records::Blame::Whose::Shared, pass.now};
  pass.interrupt_bake();
  pass.excuse(records::Excuse::SharedDependency);
  pass.wake_in(between_looks);
}

}  // namespace

bool held_for_dependency(Pass& pass, const std::optional<Trouble>& broken) {
  if (!pass.next.course.active || !keeps_old(pass.next) || mutants::mutated("shared-dependency")) return false;
  if (broken && !broken->is_a_check) return false;
  const auto spared = spared_until(pass);
  // Before anything is to be given up a single failure of the old ones says nothing: the new ones may be starting, or
  // have their time again, which one failure now and then must not make last for ever.
  const bool for_certain = !broken || spared;
  const bool new_fail = broken || any_failing(pass, pass.next.course.target, false);
  if (new_fail && any_failing(pass, *pass.next.course.active, for_certain)) {
    wait_for_dependency(pass, broken ? broken->why.message : pass.said());
    return true;
  }
  if (broken) {
    if (!spared) return is_only_suspected(pass, broken->why);
    spare(pass, broken->why, *spared);
    return true;
  }
  // Replicas that are well may still be given up for what their load balancer answers: that suspicion goes on.
  const bool is_suspected = pass.next.standing.blame.whose == records::Blame::Whose::NewRevision;
  const bool through_it = pass.world.traffic.failures > 0 && !mutants::mutated("traffic-never-fails");
  if (is_suspected && !through_it) pass.next.standing.blame = {};
  return false;
}

bool old_have_ended(const Pass& pass) {
  const auto& old = *pass.next.course.active;
  for (const auto& component : old.application.spec.components) {
    for (int index = 0; index < component.replicas; ++index) {
      const auto name = spec::container_name(pass.next.application, component.name, old.number, index);
      const auto* container = pass.container(name);
      if (container && container->state == world::ContainerState::Exited &&
          !pass.next.leaving.stopping.contains(container->id))
        return true;
      const auto known = pass.next.restarts.find(name);
      if (known != pass.next.restarts.end() && pass.now < known->second.last_at + at_the_same_time) return true;
    }
  }
  return false;
}

bool stopped_by(Pass& pass, const FleetReport& target) {
  if (held_for_dependency(pass, target.broken)) return true;
  if (target.broken) pass.fail(target.broken->why);
  return target.broken.has_value();
}

}  // namespace teal::rollout
