// What must be true of every pass, of every state, and once there is nothing to do.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

// Every replica of the active revision that belongs behind a load balancer, as that sees it.
bool old_take_traffic(const State& state) {
  const auto& active = *state.record->course.active;
  return std::ranges::all_of(active.application.spec.components, [&](const spec::Component& component) {
    const auto count = std::ranges::count_if(state.slots, [&](const Slot& one) {
      const auto* box = state.box(one.seen.name);
      return box && box->seen.unit == component.name && box->seen.revision == active.number &&
             one.seen.intake == world::Intake::Open && one.verdict.value_or(true);
    });
    return !component.load_balancer || count >= component.replicas;
  });
}

}  // namespace

void check_pass(const State& before, const rollout::Decision& decision, Report& report) {
  const auto broke = [&](std::string_view promise, const std::string& how) {
    report.broken.push_back(fmt::format("{}: {}", promise, how));
  };
  if (decision.why.message.empty()) broke("L3", "it waits without a reason");
  if (!decision.next) return;
  const auto& next = *decision.next;
  for (const auto& job : next.jobs) {
    if (job.state != records::JobState::Succeeded) continue;
    if (!before.done.contains(job.job + "@" + next.course.target.image_digest)) {
      broke("M3", fmt::format("job {} is recorded as done for {} although it never succeeded for it", job.job,
                              next.course.target.image_digest));
    }
  }
  if (!before.record) return;
  const auto& old = *before.record;
  const bool ended_badly = old.standing.phase == spec::Phase::RolledBack || old.standing.phase == spec::Phase::Failed;
  if (next.course.target.number > old.course.target.number) {
    if (ended_badly && !before.asked) broke("Rollback", "a generation that was rolled back is tried again unasked");
    return;
  }
  const bool may_follow = next.standing.phase == spec::Phase::RollingBack ||
                          next.standing.phase == spec::Phase::RolledBack ||
                          next.standing.phase == spec::Phase::Failed || next.standing.phase == spec::Phase::Superseded;
  const bool is_over = old.standing.phase == spec::Phase::RollingBack && next.standing.phase == spec::Phase::RolledBack;
  const bool touched = std::ranges::any_of(old.standing.phases, [](const records::PhaseSpan& one) {
    return one.phase == spec::Phase::Introducing || one.phase == spec::Phase::Withdrawing;
  });
  if (is_over && touched && !old.orders.retry && old.generation == before.desired->generation &&
      !old_take_traffic(before))
    broke("T1", "it has gone back, and not all that it went back to takes traffic");
  if (old.standing.phase == spec::Phase::RollingBack && !may_follow) broke("Rollback", "a rollback is rolled back");
  if (old.standing.phase != spec::Phase::RollingBack && next.standing.phase == spec::Phase::RollingBack &&
      next.course.active && next.outcome.failure_reason == spec::Reason::HealthCheckFailed) {
    const bool old_ones_fail = std::ranges::any_of(before.boxes, [&](const Box& one) {
      return one.seen.revision == next.course.active->number && one.seen.address && one.heard && !before.is_well(one);
    });
    if (old_ones_fail) broke("SharedDependency", "rolled back although the old replicas fail the same check");
  }
}

void check_rest(const State& state, Report& report) {
  if (state.balancer_down) return;
  for (const auto& slot : state.slots) {
    const auto* box = state.box(slot.seen.name);
    const bool dead = !box || box->seen.state == world::ContainerState::Exited;
    const bool tried = std::ranges::any_of(
        state.failures, [&](const auto& one) { return one.first.find(slot.seen.name) != std::string::npos; });
    if (dead && !tried) report.broken.push_back("T5: " + slot.seen.name + " is dead and stays registered");
  }
}

void check_state(const State& state, Report& report) {
  int migrators = 0;
  for (const auto& box : state.boxes) {
    if (box.seen.role == world::Role::Migrate && box.seen.state == world::ContainerState::Running) ++migrators;
    if (box.signals > 1) report.broken.push_back("Stop: " + box.seen.name + " got a second signal");
  }
  if (migrators > 1) report.broken.emplace_back("M1: two migrations run at the same time");
}

}  // namespace teal::exploration
