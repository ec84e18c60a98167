#include "controllers/plan/model/rehearse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace teal::model {
namespace {

void remember(World& world, const RolloutRecord& next) {
  for (const auto& job : next.jobs) {
    if (job.state == JobState::Succeeded) world.migrated.insert(job.job + "@" + next.course.target.image_digest);
  }
}

// Then it goes on looking after what runs, for as long as they take.
bool waits_for_a_person(const RolloutRecord* record) {
  return record && (record->orders.paused || record->standing.phase == Phase::AwaitingApproval);
}

// Whether anything went on by itself.
bool let_happen(World& world, const RolloutRecord* record) {
  const auto events = under_way(world);
  for (const auto& event : events) happen(world, record, event);
  return !events.empty();
}

void add_replica(World& world, const RolloutRecord& record, const Component& component, int index) {
  const auto& active = *record.course.active;
  const auto name = container_name(record.application, component.name, active.number, index);
  const Action run = RunReplica{active.number, component.name, index, name};
  note_result(world, run, perform(world, &record, {&run, false}));
  if (!component.load_balancer) return;
  const auto address = world.box(name)->seen.address.value_or("");
  const auto& use = *component.load_balancer;
  const Action add = AddServer{use.name, use.backend, name, address, component.health};
  note_result(world, add, perform(world, &record, {&add, false}));
  const Action ready = ReadyServer{use.name, use.backend, name};
  note_result(world, ready, perform(world, &record, {&ready, false}));
}

}  // namespace

World steady_world(const std::optional<RolloutRecord>& record, Time now) {
  World world;
  world.now = now - std::chrono::hours{1};
  if (record && record->course.active) {
    for (const auto& component : record->course.active->application.spec.components) {
      for (int index = 0; index < component.replicas; ++index) add_replica(world, *record, component, index);
    }
    let_happen(world, &*record);
  }
  world.now = now;
  return world;
}

Rehearsal rehearse(const ApplicationRecord& desired, std::optional<RolloutRecord> record, World world,
                   const std::vector<ApplicationSpec>& used, int most_passes) {
  Rehearsal told;
  for (int i = 0; i < most_passes && !told.came_to_rest; ++i) {
    const auto* before = record ? &*record : nullptr;
    auto decision = decide(desired, record, observe(world, used, desired, before), world.now);
    const bool changed = decision.next && (!record || !(*decision.next == *record));
    if (decision.next) record = std::move(decision.next);
    if (record) remember(world, *record);
    const auto* now = record ? &*record : nullptr;
    told.why = decision.why;
    for (const auto& effect : effects_of(decision.actions)) {
      note_result(world, *effect.action, perform(world, now, effect));
    }
    if (!decision.actions.empty() && record) {
      told.steps.push_back({world.now, record->standing.phase, decision.why, std::move(decision.actions)});
      continue;
    }
    if (let_happen(world, now)) continue;
    if (waits_for_a_person(now)) {
      told.came_to_rest = true;
    } else if (decision.wake_at && *decision.wake_at > world.now) {
      world.now = *decision.wake_at;
    } else {
      told.came_to_rest = !changed;
    }
  }
  told.record = std::move(record);
  return told;
}

}  // namespace teal::model
