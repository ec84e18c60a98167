// What has to be told to the running HAProxy so that its servers are what the state says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/drivers/load_balancers/haproxy/managed/edge_state.hpp"
#include "daemon/drivers/load_balancers/haproxy/slots.hpp"

namespace teal::haproxy {

struct MovedServer {
  std::string name;
  std::string address;
  std::string replica;
};

// In the order in which they are told: what takes requests from now on comes before what no longer does.
struct EdgeSteps {
  std::vector<std::string> leaves;  // of servers that get another address
  std::vector<MovedServer> moves;
  std::vector<std::string> opens;
  std::vector<std::string> closes;

  [[nodiscard]] bool is_nothing() const { return leaves.empty() && moves.empty() && opens.empty() && closes.empty(); }
};

// `servers`: as HAProxy has them. Error: unavailable, there are others than the state says.
[[nodiscard]] Result<EdgeSteps> steps_to(const EdgeState& state, const std::string& backend, const Slots& servers);

[[nodiscard]] const Slot* server_named(const Slots& servers, std::string_view name);

// What the process has of slot 0, 1 …, its twin's share included.
struct SlotSeen {
  const Slot* slot = nullptr;
  const Slot* twin = nullptr;

  [[nodiscard]] int sessions() const;
  [[nodiscard]] std::uint64_t errors() const;
};
// Error: unavailable, this process has no such slot.
[[nodiscard]] Result<SlotSeen> seen_slot(const Slots& servers, std::size_t index);

// One that nobody has, and that nothing is under way to; none: there is none.
[[nodiscard]] std::optional<std::size_t> free_index(const std::vector<EdgeSlot>& slots, const Slots& servers);

}  // namespace teal::haproxy
