#include "daemon/drivers/load_balancers/haproxy/managed/edge_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace teal::haproxy {
namespace {

struct WantedServer {
  std::string name;
  std::string address;  // empty: whatever it is
  world::Intake intake = world::Intake::Closed;
  std::string replica;
  bool is_checked = false;
};

std::vector<WantedServer> wanted_servers(const EdgeState& state, const std::string& backend) {
  std::vector<WantedServer> all;
  const auto& slots = state.slots.at(backend);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& slot = slots[i];
    const bool is_open = slot.state == SlotState::Open;
    const auto intake = is_open ? world::Intake::Open
                                : (slot.state == SlotState::Draining ? world::Intake::Draining : world::Intake::Closed);
    all.push_back({slot_name(i), slot.address, intake, slot.replica, true});
    const auto twin = is_open && slot.proven ? world::Intake::Open : world::Intake::Closed;
    all.push_back({open_name(i), slot.address, twin, slot.replica, false});
  }
  const auto holds = holds_requests(state, backend) ? world::Intake::Open : world::Intake::Closed;
  all.push_back({std::string{held_name}, "", holds, "", false});
  return all;
}

Error other_servers() { return {ErrorCode::unavailable, "HAProxy has other servers than its configuration says"}; }

void add_intake(const WantedServer& wanted, world::Intake from, const std::string& where, EdgeSteps& steps) {
  const auto say = [&](std::vector<std::string>& lines, std::string_view what) {
    lines.push_back(fmt::format("set server {} {}", where, what));
  };
  switch (wanted.intake) {
    case world::Intake::Open:
      return say(steps.opens, "state ready");
    case world::Intake::Closed:
      return say(steps.closes, "state maint");
    case world::Intake::Draining:
      break;
  }
  if (from != world::Intake::Closed) return say(steps.closes, "state drain");
  // It would show what the last check before it said, maybe of another replica: it is down until one of now has passed.
  say(steps.opens, "state drain");
  if (wanted.is_checked) say(steps.opens, "health down");
}

// What a person has changed of a server that stays open, and what state ready does not mend: its weight, its check.
void undo_by_hand(const world::Server& server, EdgeSteps& steps) {
  for (const auto part : std::views::split(server.undo, ';')) {
    if (!part.empty()) steps.opens.emplace_back(part.begin(), part.end());
  }
}

}  // namespace

Result<EdgeSteps> steps_to(const EdgeState& state, const std::string& backend, const Slots& servers) {
  EdgeSteps steps;
  for (const auto& wanted : wanted_servers(state, backend)) {
    const auto* present = server_named(servers, wanted.name);
    if (present == nullptr) return other_servers();
    auto intake = present->server.intake;
    const auto where = backend + "/" + wanted.name;
    if (!wanted.address.empty() && wanted.address != present->server.address) {
      if (intake != world::Intake::Closed) steps.leaves.push_back(fmt::format("set server {} state maint", where));
      intake = world::Intake::Closed;
      steps.moves.push_back({wanted.name, wanted.address, wanted.replica});
    }
    if (intake != wanted.intake) {
      add_intake(wanted, intake, where, steps);
    } else if (intake == world::Intake::Open) {
      undo_by_hand(present->server, steps);
    }
  }
  return steps;
}

const Slot* server_named(const Slots& servers, std::string_view name) {
  const auto found = std::ranges::find(servers, name, [](const Slot& each) { return each.server.name; });
  return found == servers.end() ? nullptr : &*found;
}

int SlotSeen::sessions() const { return slot->server.sessions.value_or(0) + twin->server.sessions.value_or(0); }
std::uint64_t SlotSeen::errors() const { return slot->server.errors + twin->server.errors; }

Result<SlotSeen> seen_slot(const Slots& servers, std::size_t index) {
  const SlotSeen seen{server_named(servers, slot_name(index)), server_named(servers, open_name(index))};
  if (seen.slot == nullptr || seen.twin == nullptr) return other_servers();
  return seen;
}

std::optional<std::size_t> free_index(const std::vector<EdgeSlot>& slots, const Slots& servers) {
  const auto is_unused = [](const Slot& server) { return server.connections.value_or(0) == 0; };
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto seen = seen_slot(servers, i);
    if (slots[i].replica.empty() && seen && seen->sessions() == 0 && is_unused(*seen->slot) && is_unused(*seen->twin))
      return i;
  }
  return std::nullopt;
}

}  // namespace teal::haproxy
