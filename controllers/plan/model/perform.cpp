#include <fmt/format.h>

#include <algorithm>

#include "controllers/plan/model/world.hpp"

namespace teal::model {
namespace {

Slot* find_slot(World& world, const std::string& balancer, const std::string& name) {
  const auto found = std::ranges::find_if(
      world.slots, [&](const Slot& one) { return one.balancer == balancer && one.seen.name == name; });
  return found == world.slots.end() ? nullptr : &*found;
}

struct Effector {
  World& world;
  const records::RolloutRecord* record;
  bool first_half;

  std::optional<Error> operator()(const rollout::PullImage& action) const {
    world.to_pull.erase(action.reference);
    if (record) world.pulled_for = records::rollout_name(*record);
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::AskDatabase& action) const { return ask(world, record, action); }

  std::optional<Error> operator()(const rollout::CreateJob& action) const {
    create(action.container, action.job, world::Role::Migrate, action.revision, action.attempt);
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::RunReplica& action) const {
    if (!world.box(action.container)) {
      create(action.container, action.component, world::Role::Serve, action.revision, action.index);
    }
    if (!first_half) start(*world.box(action.container));
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::StartContainer& action) const {
    auto* box = by_id(action.id);
    if (!box) return Error{ErrorCode::not_found, "no such container"};
    if (box->seen.started_at) return Error{ErrorCode::conflict, "it was started before"};
    start(*box);
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::SendStop& action) const {
    auto* box = by_id(action.id);
    if (!box || box->seen.state != world::ContainerState::Running) return std::nullopt;
    box->signals += 1;
    if (!box->signalled_at) box->signalled_at = world.now;
    if (action.signal == "SIGKILL") end(world, record, *box, 137, true);
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::RemoveContainer& action) const {
    if (world.trouble.unremovable) {
      if (auto* box = by_id(action.id); box && box->seen.state == world::ContainerState::Running)
        end(world, record, *box, 137, true);
      return Error{ErrorCode::internal, "device or resource busy"};
    }
    std::erase_if(world.boxes, [&](const Box& one) { return one.seen.id == action.id; });
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::StopPredecessor& action) const {
    for (auto& one : world.predecessors) {
      if (one.id == action.id) one.running = false;
    }
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::AttachServer& action) const {
    if (world.balancer_down) return refused();
    if (world.trouble.full_balancer) return Error{ErrorCode::unavailable, "no free slot"};
    if (find_slot(world, action.load_balancer, action.server)) return std::nullopt;
    Slot slot;
    slot.balancer = action.load_balancer;
    slot.backend = action.backend;
    slot.seen.name = action.server;
    slot.seen.address = action.address;
    slot.seen.intake = world::Intake::Draining;
    world.slots.push_back(std::move(slot));
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::AdmitServer& action) const {
    if (world.balancer_down) return refused();
    auto* slot = find_slot(world, action.load_balancer, action.server);
    if (!slot) return Error{ErrorCode::not_found, "no such server"};
    slot->seen.intake = world::Intake::Open;
    slot->seen.by_hand.clear();
    slot->seen.undo.clear();
    slot->seen.sessions = 1;
    slot->drained_at.reset();
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::DrainServer& action) const {
    if (world.balancer_down) return refused();
    auto* slot = find_slot(world, action.load_balancer, action.server);
    if (!slot) return Error{ErrorCode::not_found, "no such server"};
    slot->seen.intake = world::Intake::Draining;
    if (!slot->drained_at) slot->drained_at = world.now;
    return std::nullopt;
  }

  std::optional<Error> operator()(const rollout::DetachServer& action) const {
    if (world.balancer_down) return refused();
    const auto* slot = find_slot(world, action.load_balancer, action.server);
    if (!slot) return std::nullopt;
    if (slot->seen.sessions > 0 && !action.cut_sessions) return Error{ErrorCode::conflict, "it has sessions"};
    std::erase_if(world.slots, [&](const Slot& one) { return &one == slot; });
    return std::nullopt;
  }

  static Error refused() { return {ErrorCode::unavailable, "connection refused"}; }

  [[nodiscard]] Box* by_id(const std::string& id) const {
    const auto found = std::ranges::find_if(world.boxes, [&](const Box& one) { return one.seen.id == id; });
    return found == world.boxes.end() ? nullptr : &*found;
  }

  void create(const std::string& name, const std::string& unit, world::Role role, int revision, int index) const {
    if (world.box(name)) return;  // the engine refuses a taken name
    Box box;
    box.seen.id = fmt::format("{}#{}", name, world.next_id++);
    box.seen.name = name;
    box.seen.application = record ? record->application : "";
    box.seen.unit = unit;
    box.seen.role = role;
    box.seen.revision = revision;
    box.seen.index = index;
    if (const auto* of = find_revision(record, revision)) {
      box.seen.image_id = of->image_id;
      box.seen.image_digest = of->image_digest;
      box.seen.version = box.version = of->application.spec.version;
    }
    world.boxes.push_back(std::move(box));
  }

  void start(Box& box) const {
    auto& seen = box.seen;
    if (seen.state != world::ContainerState::Created) return;
    seen.state = world::ContainerState::Running;
    seen.started_at = world.now;
    if (seen.role == world::Role::Migrate) return;
    const auto* revision = find_revision(record, seen.revision);
    const auto* component = revision ? spec::find_component(revision->application.spec, seen.unit) : nullptr;
    if (component && component->port) seen.address = fmt::format("h:{}", world.next_id++);
    if (world.trouble.crashing.contains(box.version)) end(world, record, box, 1, true);
  }
};

}  // namespace

std::vector<Effect> effects_of(const std::vector<rollout::Action>& actions) {
  std::vector<Effect> effects;
  for (const auto& action : actions) {
    if (std::holds_alternative<rollout::RunReplica>(action)) effects.push_back({&action, true});
    effects.push_back({&action, false});
  }
  return effects;
}

std::optional<Error> perform(World& world, const records::RolloutRecord* record, const Effect& effect) {
  return std::visit(Effector{world, record, effect.first_half}, *effect.action);
}

}  // namespace teal::model
