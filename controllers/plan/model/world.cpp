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
  return box.seen.state == ContainerState::Running && !trouble.dependency_down && !trouble.sick.contains(box.version);
}

bool World::serves(const Slot& slot) const {
  const auto* box = this->box(slot.seen.name);
  return slot.seen.intake == Intake::Open && slot.verdict.value_or(true) && box &&
         box->seen.address == slot.seen.address && is_well(*box);
}

const Revision* find_revision(const RolloutRecord* record, int number) {
  if (!record) return nullptr;
  if (record->course.target.number == number) return &record->course.target;
  if (record->course.active && record->course.active->number == number) return &*record->course.active;
  return nullptr;
}

Image image_of(const ApplicationSpec& spec) { return {"id-" + spec.version, "digest-" + spec.version}; }

Observed observe(const World& world, const std::vector<ApplicationSpec>& used, const ApplicationRecord& desired,
                 const RolloutRecord* record) {
  Observed seen;
  std::map<std::string, std::size_t> backends;
  for (const auto& spec : used) {
    for (const auto& component : spec.components) {
      if (!component.load_balancer || backends.contains(component.load_balancer->name)) continue;
      backends[component.load_balancer->name] = seen.backends.size();
      BackendView view;
      view.load_balancer = component.load_balancer->name;
      view.backend = component.load_balancer->backend;
      if (world.balancer_down) {
        view.sight = Sight::NotKnown;
        view.why = "connect: refused";
      }
      seen.backends.push_back(std::move(view));
    }
  }
  bool anybody_serves = false;
  for (const auto& slot : world.slots) {
    auto server = slot.seen;
    server.check_passed = slot.verdict.value_or(false);
    server.up = server.intake == Intake::Open && slot.verdict.value_or(true);
    anybody_serves = anybody_serves || world.serves(slot);
    if (!world.balancer_down) seen.backends[backends.at(slot.balancer)].servers.push_back(std::move(server));
  }
  for (const auto& box : world.boxes) {
    seen.containers.push_back(box.seen);
    if (box.signals > 0) seen.containers.back().signalled_at = box.signalled_at;
    if (!box.heard || !box.seen.address) continue;
    HealthView view;
    const bool well = world.is_well(box);
    view.successes = well ? 2 : 0;
    view.failures = well ? 0 : 3;
    view.ever = box.ever || well;
    view.answer = well ? "200" : "503";
    seen.health[box.seen.id] = view;
  }
  seen.image = image_of(record ? record->course.target.application.spec : desired.application.spec);
  seen.traffic_targets = backends.size();
  seen.traffic.probes = anybody_serves ? 5 : 0;
  seen.traffic.successes = anybody_serves ? 5 : 0;
  if (record) {
    seen.migrated_digest = record->course.target.image_digest;
    for (const auto& job : record->jobs) {
      if (world.migrated.contains(job.job + "@" + seen.migrated_digest)) seen.migrated.insert(job.job);
    }
  }
  seen.failures = world.failures;
  return seen;
}

void note_result(World& world, const Action& action, const std::optional<Error>& error) {
  if (!error) {
    world.failures.erase(key(action));
    return;
  }
  auto& failure = world.failures[key(action)];
  if (failure.count++ == 0) failure.first_at = world.now;
  failure.last_at = world.now;
  failure.error = *error;
}

void end(World& world, const RolloutRecord* record, Box& box, int exit_code, bool witnessed) {
  auto& seen = box.seen;
  seen.state = ContainerState::Exited;
  seen.exit_code = exit_code;
  seen.exit_witnessed = witnessed;
  seen.finished_at = world.now;
  seen.address.reset();
  if (seen.role == Role::Migrate && exit_code == 0 && witnessed) {
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
