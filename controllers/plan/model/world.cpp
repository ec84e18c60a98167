#include "controllers/plan/model/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace teal::model {

const Box* World::box(std::string_view name) const {
  const auto found = std::ranges::find_if(boxes, [&](const Box& one) { return one.seen.name == name; });
  return found == boxes.end() ? nullptr : &*found;
}

Box* World::box(std::string_view name) { return const_cast<Box*>(std::as_const(*this).box(name)); }

bool World::is_well(const Box& box) const {
  return box.seen.state == world::ContainerState::Running && !trouble.dependency_down &&
         !trouble.sick.contains(box.version) && !trouble.hung.contains(box.seen.id);
}

bool World::leads_to_predecessor(const Slot& slot) const {
  return std::ranges::any_of(predecessors, [&](const world::Predecessor& one) {
    return one.running &&
           std::ranges::any_of(one.addresses, [&](const auto& port) { return port.second == slot.seen.address; });
  });
}

bool World::serves(const Slot& slot) const {
  if (leads_to_predecessor(slot)) return slot.seen.intake == world::Intake::Open && slot.verdict.value_or(true);
  const auto* box = this->box(slot.seen.name);
  return slot.seen.intake == world::Intake::Open && slot.verdict.value_or(true) && box &&
         box->seen.address == slot.seen.address && is_well(*box);
}

world::Server as_seen(const Slot& slot) {
  auto server = slot.seen;
  server.check_passed = slot.verdict.value_or(false);
  server.up = server.intake == world::Intake::Open && slot.verdict.value_or(true);
  return server;
}

const records::Revision* find_revision(const records::RolloutRecord* record, int number) {
  if (!record) return nullptr;
  if (record->course.target.number == number) return &record->course.target;
  if (record->course.active && record->course.active->number == number) return &*record->course.active;
  return nullptr;
}

world::Image image_of(const spec::ApplicationSpec& spec) { return {"id-" + spec.version, "digest-" + spec.version}; }

void note_result(World& world, const rollout::Action& action, const std::optional<Error>& error) {
  if (!error) {
    world.failures.erase(key(action));
    return;
  }
  auto& failure = world.failures[key(action)];
  if (failure.count++ == 0) failure.first_at = world.now;
  failure.last_at = world.now;
  failure.error = *error;
}

void end(World& world, const records::RolloutRecord* record, Box& box, int exit_code, bool witnessed) {
  auto& seen = box.seen;
  seen.state = world::ContainerState::Exited;
  seen.exit_code = exit_code;
  seen.exit_witnessed = witnessed;
  seen.finished_at = world.now;
  seen.address.reset();
  if (seen.role == world::Role::Migrate && exit_code == 0 && witnessed) {
    if (const auto* revision = find_revision(record, seen.revision)) {
      world.done.insert(seen.unit + "@" + revision->image_digest);
    }
  }
  // Requests to a process that ended are over.
  for (auto& slot : world.slots) {
    if (slot.seen.name == seen.name) slot.seen.sessions = 0;
  }
}

void forget_memory(World& world) {
  world.failures.clear();
  for (auto& box : world.boxes) box.heard = box.ever = false;
}

}  // namespace teal::model
