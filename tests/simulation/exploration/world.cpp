#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

const ErrorCode unreachable = ErrorCode::unavailable;

Slot* find_slot(State& state, const std::string& balancer, const std::string& name) {
  const auto found = std::ranges::find_if(
      state.slots, [&](const Slot& one) { return one.balancer == balancer && one.seen.name == name; });
  return found == state.slots.end() ? nullptr : &*found;
}

bool is_checked_wrong(const State& state, const Slot& slot) {
  if (slot.seen.admin == ServerAdmin::Maintenance) return false;
  const auto* box = state.box(slot.seen.name);
  const bool well = box && box->seen.address == slot.seen.address && state.is_well(*box);
  return slot.verdict != well;
}

void start(State& state, Box& box, Report& report) {
  auto& seen = box.seen;
  if (seen.state != ContainerState::Created) return;
  seen.state = ContainerState::Running;
  seen.started_at = state.now;
  if (seen.role == Role::Migrate) {
    const auto* revision = state.revision(seen.revision);
    state.starts[fmt::format("{}@{}@{}", seen.unit, revision ? revision->image_digest : "", seen.revision)] += 1;
    return;
  }
  const auto* revision = state.revision(seen.revision);
  const auto* component = revision ? find_component(revision->application.spec, seen.unit) : nullptr;
  if (component && component->port) seen.address = fmt::format("h:{}", state.next_id++);
  if (state.standing.crashing.contains(state.version_of(box))) {
    report.say("      its process exits at once");
    end(state, box, 1, true);
  }
}

struct Effector {
  State& state;
  const Effect& effect;
  Report& report;

  std::optional<Error> operator()(const PullImage&) const { return std::nullopt; }
  std::optional<Error> operator()(const AskDatabase&) const {
    return Error{ErrorCode::internal, "no scene has a job with a database"};
  }

  std::optional<Error> operator()(const CreateJob& action) const {
    create(action.container, action.job, Role::Migrate, action.revision, action.attempt);
    return std::nullopt;
  }

  std::optional<Error> operator()(const RunReplica& action) const {
    if (!state.box(action.container)) {
      create(action.container, action.component, Role::Serve, action.revision, action.index);
    }
    if (!effect.first_half) start(state, *state.box(action.container), report);
    return std::nullopt;
  }

  std::optional<Error> operator()(const StartContainer& action) const {
    for (auto& box : state.boxes) {
      if (box.seen.id != action.id) continue;
      if (box.seen.started_at) {
        box.started_twice = box.seen.role == Role::Migrate && box.seen.state == ContainerState::Exited;
        return Error{ErrorCode::conflict, "it was started before"};
      }
      start(state, box, report);
      return std::nullopt;
    }
    return Error{ErrorCode::not_found, "no such container"};
  }

  std::optional<Error> operator()(const SendStop& action) const {
    for (auto& box : state.boxes) {
      if (box.seen.id != action.id || box.seen.state != ContainerState::Running) continue;
      box.signals += 1;
      if (!box.signalled_at) box.signalled_at = state.now;
    }
    return std::nullopt;
  }

  std::optional<Error> operator()(const RemoveContainer& action) const {
    std::erase_if(state.boxes, [&](const Box& one) { return one.seen.id == action.id; });
    return std::nullopt;
  }

  std::optional<Error> operator()(const AddServer& action) const {
    if (state.balancer_down) return Error{unreachable, "connection refused"};
    if (state.standing.full_balancer) return Error{ErrorCode::unavailable, "no free slot"};
    if (find_slot(state, action.load_balancer, action.server)) return std::nullopt;
    Slot slot;
    slot.balancer = action.load_balancer;
    slot.backend = action.backend;
    slot.seen.name = action.server;
    slot.seen.address = action.address;
    slot.seen.admin = ServerAdmin::Drain;
    state.slots.push_back(std::move(slot));
    return std::nullopt;
  }

  std::optional<Error> operator()(const ReadyServer& action) const {
    if (state.balancer_down) return Error{unreachable, "connection refused"};
    auto* slot = find_slot(state, action.load_balancer, action.server);
    if (!slot) return Error{ErrorCode::not_found, "no such server"};
    slot->seen.admin = ServerAdmin::Ready;
    slot->seen.sessions = 1;
    slot->drained_at.reset();
    return std::nullopt;
  }

  std::optional<Error> operator()(const DrainServer& action) const {
    if (state.balancer_down) return Error{unreachable, "connection refused"};
    auto* slot = find_slot(state, action.load_balancer, action.server);
    if (!slot) return Error{ErrorCode::not_found, "no such server"};
    slot->seen.admin = ServerAdmin::Drain;
    if (!slot->drained_at) slot->drained_at = state.now;
    return std::nullopt;
  }

  std::optional<Error> operator()(const RemoveServer& action) const {
    if (state.balancer_down) return Error{unreachable, "connection refused"};
    const auto* slot = find_slot(state, action.load_balancer, action.server);
    if (!slot) return std::nullopt;
    if (slot->seen.sessions > 0 && !action.cut_sessions) return Error{ErrorCode::conflict, "it has sessions"};
    std::erase_if(state.slots, [&](const Slot& one) { return &one == slot; });
    return std::nullopt;
  }

  void create(const std::string& name, const std::string& unit, Role role, int revision, int index) const {
    if (state.box(name)) return;  // the engine refuses a taken name
    Box box;
    box.seen.id = fmt::format("{}#{}", name, state.next_id++);
    box.seen.name = name;
    box.seen.application = "a";
    box.seen.unit = unit;
    box.seen.role = role;
    box.seen.revision = revision;
    box.seen.index = index;
    const auto* of = state.revision(revision);
    box.seen.image_id = of ? of->image_id : "";
    state.boxes.push_back(std::move(box));
  }
};

// One thing that is under way.
struct Event {
  enum class Kind { JobEnds, Stops, Answers, Checked, SessionsEnd, BalancerBack } kind;
  std::size_t index = 0;
};

std::vector<Event> events_of(const State& state) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < state.boxes.size(); ++i) {
    const auto& box = state.boxes[i];
    if (box.seen.state != ContainerState::Running) continue;
    if (box.seen.role == Role::Migrate && !state.standing.job_hangs) events.push_back({Event::Kind::JobEnds, i});
    if (box.signals > 0 && !state.standing.stubborn) events.push_back({Event::Kind::Stops, i});
    if (box.seen.address && !box.heard) events.push_back({Event::Kind::Answers, i});
  }
  for (std::size_t i = 0; i < state.slots.size(); ++i) {
    const auto& slot = state.slots[i];
    if (is_checked_wrong(state, slot)) events.push_back({Event::Kind::Checked, i});
    if (slot.seen.sessions > 0 && slot.seen.admin != ServerAdmin::Ready && !state.standing.long_sessions) {
      events.push_back({Event::Kind::SessionsEnd, i});
    }
  }
  if (state.balancer_down) events.push_back({Event::Kind::BalancerBack, 0});
  return events;
}

std::string text(const State& state, const Event& event) {
  switch (event.kind) {
    case Event::Kind::JobEnds:
      return state.boxes[event.index].seen.name + " ends with success";
    case Event::Kind::Stops:
      return state.boxes[event.index].seen.name + " ends after its stop signal";
    case Event::Kind::Answers:
      return state.boxes[event.index].seen.name + " answers its first health checks";
    case Event::Kind::Checked:
      return "load balancer " + state.slots[event.index].balancer + " checks " + state.slots[event.index].seen.name;
    case Event::Kind::SessionsEnd:
      return "the last request on " + state.slots[event.index].seen.name + " ends";
    case Event::Kind::BalancerBack:
      return "the load balancer can be reached again";
  }
  return "";
}

void apply(State& state, const Event& event) {
  switch (event.kind) {
    case Event::Kind::JobEnds:
      end(state, state.boxes[event.index], 0, true);
      break;
    case Event::Kind::Stops: {
      auto& box = state.boxes[event.index];
      if (box.seen.state == ContainerState::Running) {
        end(state, box, box.seen.role == Role::Migrate ? 143 : 0, true);
      }
      break;
    }
    case Event::Kind::Answers: {
      auto& box = state.boxes[event.index];
      box.heard = true;
      box.ever = state.is_well(box);
      box.was_well = box.was_well || box.ever;
      break;
    }
    case Event::Kind::Checked: {
      auto& slot = state.slots[event.index];
      const auto* box = state.box(slot.seen.name);
      slot.verdict = box && box->seen.address == slot.seen.address && state.is_well(*box);
      break;
    }
    case Event::Kind::SessionsEnd:
      state.slots[event.index].seen.sessions = 0;
      break;
    case Event::Kind::BalancerBack:
      state.balancer_down = false;
      break;
  }
}

}  // namespace

std::size_t count_under_way(const State& state) { return events_of(state).size(); }

std::vector<std::string> under_way(const State& state) {
  std::vector<std::string> all;
  for (const auto& event : events_of(state)) all.push_back(text(state, event));
  return all;
}

void happen(State& state, std::size_t which) { apply(state, events_of(state).at(which)); }

void happen_all(State& state) {
  for (const auto& event : events_of(state)) apply(state, event);
}

std::vector<Effect> effects_of(const std::vector<Action>& actions) {
  std::vector<Effect> effects;
  for (const auto& action : actions) {
    if (std::holds_alternative<RunReplica>(action)) effects.push_back({&action, true});
    effects.push_back({&action, false});
  }
  return effects;
}

std::optional<Error> perform(State& state, const Effect& effect, Report& report) {
  check_effect(state, *effect.action, effect.first_half, report);
  if (report.tell && !effect.first_half) report.say("    " + key(*effect.action));
  if (report.tell && effect.first_half) report.say("    (create) " + key(*effect.action));
  return std::visit(Effector{state, effect, report}, *effect.action);
}

void end(State& state, Box& box, int exit_code, bool witnessed) {
  auto& seen = box.seen;
  seen.state = ContainerState::Exited;
  seen.exit_code = exit_code;
  seen.exit_witnessed = witnessed;
  seen.finished_at = state.now;
  seen.address.reset();
  if (seen.role == Role::Migrate && exit_code == 0 && witnessed) {
    if (const auto* revision = state.revision(seen.revision)) {
      state.done.insert(seen.unit + "@" + revision->image_digest);
    }
  }
  // Requests to a process that ended are over.
  for (auto& slot : state.slots) {
    if (slot.seen.name == seen.name) slot.seen.sessions = 0;
  }
}

void forget_memory(State& state) {
  state.failures.clear();
  for (auto& box : state.boxes) box.heard = box.ever = false;
  state.quiet = false;
  state.wake_at.reset();
}

}  // namespace teal::exploration
