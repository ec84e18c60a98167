#include "daemon/drivers/load_balancers/haproxy/managed/edge_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::haproxy {
namespace {

constexpr std::size_t fewest_slots = 8;

bool is_used(const std::vector<EdgeSlot>& slots) {
  return std::ranges::any_of(slots, [](const EdgeSlot& slot) { return !slot.replica.empty(); });
}

bool takes_requests(const EdgeState& state, const std::string& backend) {
  const auto found = state.slots.find(backend);
  return found != state.slots.end() &&
         std::ranges::any_of(found->second, [](const EdgeSlot& slot) { return slot.state == SlotState::Open; });
}

// Somebody is open there whose check has passed. The first of all is opened before it has.
bool serves(const EdgeState& state, const std::string& backend) {
  const auto found = state.slots.find(backend);
  return found != state.slots.end() && std::ranges::any_of(found->second, [](const EdgeSlot& slot) {
           return slot.state == SlotState::Open && slot.proven;
         });
}

// Old and new replicas at once, and those that are kept, each with a slot.
std::size_t slots_for(int replicas) {
  const auto wanted = std::max<std::size_t>(fewest_slots, 4 * static_cast<std::size_t>(std::max(replicas, 0)));
  return (wanted + fewest_slots - 1) / fewest_slots * fewest_slots;
}

}  // namespace

std::string state_text(const EdgeState& state) {
  const boost::json::value value = wire::encoded(state);
  return boost::json::serialize(value) + "\n";
}

Result<EdgeState> read_state(std::string_view text) {
  boost::system::error_code error;
  const auto value = boost::json::parse({text.data(), text.size()}, error);
  if (error) return Error{ErrorCode::invalid, "it is no JSON"};
  std::optional<std::string> problem;
  EdgeState state;
  wire::decode(wire::Place{value, "", problem}, state);
  if (problem) return Error{ErrorCode::invalid, *problem};
  return state;
}

void add_slots(std::vector<EdgeSlot>& slots, std::size_t more) { slots.resize(slots.size() + more); }

void claim(EdgeState& state, const std::string& application, std::vector<EdgeClaim> claims) {
  if (claims.empty()) {
    state.claims.erase(application);
  } else {
    state.claims.insert_or_assign(application, std::move(claims));
  }
  for (const auto& [name, its] : state.claims) {
    for (const auto& one : its) {
      auto& slots = state.slots[one.backend];
      const auto needed = slots_for(one.replicas);
      if (slots.size() < needed) slots.resize(needed);
    }
  }
  drop_unused(state);
  choose_routes(state);
}

void drop_unused(EdgeState& state) {
  std::set<std::string> wanted;
  for (const auto& [name, its] : state.claims) {
    for (const auto& one : its) wanted.insert(one.backend);
  }
  std::erase_if(state.slots, [&](const auto& each) { return !wanted.contains(each.first) && !is_used(each.second); });
}

void choose_routes(EdgeState& state) {
  std::map<std::string, std::vector<std::string>> candidates;
  for (const auto& [name, claims] : state.claims) {
    for (const auto& one : claims) {
      for (const auto& route : one.routes) candidates[spec::route_key(route)].push_back(one.backend);
    }
  }
  std::map<std::string, std::string> routes;
  for (const auto& [key, backends] : candidates) {
    const auto serves =
        std::ranges::find_if(backends, [&](const std::string& backend) { return takes_requests(state, backend); });
    const auto before = state.routes.find(key);
    if (serves != backends.end()) {
      routes.emplace(key, *serves);
    } else if (before != state.routes.end() && std::ranges::find(backends, before->second) != backends.end()) {
      routes.insert(*before);
    }
  }
  state.routes = std::move(routes);
}

std::vector<const EdgeClaim*> claims_of(const EdgeState& state, const std::string& backend) {
  std::vector<const EdgeClaim*> found;
  for (const auto& [name, claims] : state.claims) {
    for (const auto& one : claims) {
      if (one.backend == backend) found.push_back(&one);
    }
  }
  return found;
}

Duration held(const EdgeState& state, const std::string& backend) {
  Duration longest{0};
  for (const auto* one : claims_of(state, backend)) {
    for (const auto& route : one->routes) longest = std::max(longest, route.held);
  }
  return longest;
}

std::map<std::string, std::string> maintained(const EdgeState& state) {
  std::map<std::string, std::string> all;
  for (const auto& [name, claims] : state.claims) {
    for (const auto& one : claims) {
      if (one.maintenance) all.emplace(one.backend, "1");
    }
  }
  return all;
}

bool holds_requests(const EdgeState& state, const std::string& backend) {
  return held(state, backend) > Duration{0} && !serves(state, backend);
}

EdgeSlot* slot_of(std::vector<EdgeSlot>& slots, std::string_view replica) {
  const auto found = std::ranges::find(slots, replica, &EdgeSlot::replica);
  return found == slots.end() ? nullptr : &*found;
}

std::string slot_name(std::size_t index) { return fmt::format("slot{}", index + 1); }
std::string open_name(std::size_t index) { return fmt::format("open{}", index + 1); }

}  // namespace teal::haproxy
