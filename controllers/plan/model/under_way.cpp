// What goes on by itself.
#include "controllers/plan/model/world.hpp"

namespace teal::model {
namespace {

bool would_pass_its_check(const World& world, const Slot& slot) {
  if (world.leads_to_predecessor(slot)) return true;
  const auto* box = world.box(slot.seen.name);
  return box && box->seen.address == slot.seen.address && world.is_well(*box);
}

bool is_checked_wrong(const World& world, const Slot& slot) {
  return slot.seen.intake != world::Intake::Closed && slot.verdict != would_pass_its_check(world, slot);
}

}  // namespace

std::vector<Event> under_way(const World& world) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < world.boxes.size(); ++i) {
    const auto& box = world.boxes[i];
    if (box.seen.state != world::ContainerState::Running) continue;
    if (box.seen.role == world::Role::Migrate && !world.trouble.job_hangs) events.push_back({Event::Kind::JobEnds, i});
    if (box.signals > 0 && !world.trouble.stubborn) events.push_back({Event::Kind::Stops, i});
    if (box.seen.address && !box.heard) events.push_back({Event::Kind::Answers, i});
  }
  for (std::size_t i = 0; i < world.slots.size(); ++i) {
    const auto& slot = world.slots[i];
    if (is_checked_wrong(world, slot)) events.push_back({Event::Kind::Checked, i});
    if (slot.seen.sessions > 0 && slot.seen.intake != world::Intake::Open && !world.trouble.long_sessions) {
      events.push_back({Event::Kind::SessionsEnd, i});
    }
  }
  if (world.balancer_down) events.push_back({Event::Kind::BalancerBack, 0});
  return events;
}

std::string text(const World& world, const Event& event) {
  switch (event.kind) {
    case Event::Kind::JobEnds:
      return world.boxes[event.index].seen.name + " ends with success";
    case Event::Kind::Stops:
      return world.boxes[event.index].seen.name + " ends after its stop signal";
    case Event::Kind::Answers:
      return world.boxes[event.index].seen.name + " answers its first health checks";
    case Event::Kind::Checked:
      return "load balancer " + world.slots[event.index].balancer + " checks " + world.slots[event.index].seen.name;
    case Event::Kind::SessionsEnd:
      return "the last request on " + world.slots[event.index].seen.name + " ends";
    case Event::Kind::BalancerBack:
      return "the load balancer can be reached again";
  }
  return "";
}

void happen(World& world, const records::RolloutRecord* record, const Event& event) {
  switch (event.kind) {
    case Event::Kind::JobEnds:
      end(world, record, world.boxes[event.index], 0, true);
      break;
    case Event::Kind::Stops: {
      auto& box = world.boxes[event.index];
      if (box.seen.state != world::ContainerState::Running) break;
      end(world, record, box, box.seen.role == world::Role::Migrate ? 143 : 0, true);
      break;
    }
    case Event::Kind::Answers: {
      auto& box = world.boxes[event.index];
      box.heard = true;
      box.ever = world.is_well(box);
      box.was_well = box.was_well || box.ever;
      break;
    }
    case Event::Kind::Checked: {
      auto& slot = world.slots[event.index];
      slot.verdict = would_pass_its_check(world, slot);
      break;
    }
    case Event::Kind::SessionsEnd:
      world.slots[event.index].seen.sessions = 0;
      break;
    case Event::Kind::BalancerBack:
      world.balancer_down = false;
      break;
  }
}

}  // namespace teal::model
