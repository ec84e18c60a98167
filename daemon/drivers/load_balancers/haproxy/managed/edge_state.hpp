// What a HAProxy that Teal keeps itself has to have: backends, whose servers are in their slots, and routes.
//
// Kept in {directory}/state.json, and rendered from there into haproxy.cfg (edge_files.hpp). What the running process
// has follows it: so after any crash, reload or restart the two are made equal by the same comparison.
#pragma once

#include <boost/describe/enum.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/ports/load_balancer.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/wire/component.hpp"

namespace teal::haproxy {

BOOST_DEFINE_ENUM_CLASS(SlotState, Closed, Draining, Open)

// A server of a backend, which outlives the replicas that it is given to.
struct EdgeSlot {
  std::string replica;  // empty: it is free
  std::string address;
  SlotState state = SlotState::Closed;
  bool proven = false;              // a check of this replica has passed once, so that it may serve unchecked
  std::uint64_t errors_before = 0;  // what the server's counters had when this replica took it

  bool operator==(const EdgeSlot&) const = default;
};

struct EdgeClaim {
  std::string backend;
  std::vector<spec::Route> routes;
  spec::HealthCheck health;
  int replicas = 0;
  bool maintenance = false;

  bool operator==(const EdgeClaim&) const = default;
};

struct EdgeState {
  std::string secret;                                    // that teald's own requests bear
  std::map<std::string, std::vector<EdgeClaim>> claims;  // by application; of two that claim a backend the newest first
  std::map<std::string, std::vector<EdgeSlot>> slots;    // by backend
  std::map<std::string, std::string> routes;             // key → backend, as they are now
  std::map<std::string, std::string> includes;           // file's name → HAProxy's own words, as they were taken over

  bool operator==(const EdgeState&) const = default;
};

template <class V>
void describe(V& v, wire::Is<EdgeSlot> auto& slot) {
  v.type("slot");
  v("replica", slot.replica, wire::unless_default);
  v("address", slot.address, wire::unless_default);
  v("state", slot.state, wire::unless_default);
  v("proven", slot.proven, wire::unless_default);
  v("errorsBefore", slot.errors_before, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<EdgeClaim> auto& claim) {
  v.type("claim");
  v("backend", claim.backend, wire::needed);
  v("routes", claim.routes);
  v("health", claim.health);
  v("replicas", claim.replicas);
  v("maintenance", claim.maintenance, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<EdgeState> auto& state) {
  v.type("edge");
  v("secret", state.secret, wire::needed);
  v("claims", state.claims);
  v("slots", state.slots);
  v("routes", state.routes);
  v("includes", state.includes, wire::unless_default);
}

[[nodiscard]] std::string state_text(const EdgeState& state);
// Error: invalid.
[[nodiscard]] Result<EdgeState> read_state(std::string_view text);

// Takes over what an application wants. Its backends that it no longer wants go once nobody has a slot there.
void claim(EdgeState& state, const std::string& application, std::vector<EdgeClaim> claims);
// Forgets backends that nobody claims and nobody has a slot in.
void drop_unused(EdgeState& state);
// As many free slots more.
void add_slots(std::vector<EdgeSlot>& slots, std::size_t more);

// Which backend each route leads to: the newest that claims it and takes requests; until there is one, the one before.
void choose_routes(EdgeState& state);

// Whether requests to it wait for a server now, since there is none.
[[nodiscard]] bool holds_requests(const EdgeState& state, const std::string& backend);
// The longest time of those that its routes say; 0: they are answered at once.
[[nodiscard]] Duration held(const EdgeState& state, const std::string& backend);
// Backends whose clients get the page of a maintenance.
[[nodiscard]] std::map<std::string, std::string> maintained(const EdgeState& state);
// Those of all applications that claim it.
[[nodiscard]] std::vector<const EdgeClaim*> claims_of(const EdgeState& state, const std::string& backend);

[[nodiscard]] EdgeSlot* slot_of(std::vector<EdgeSlot>& slots, std::string_view replica);

// What HAProxy calls the server of slot 0, 1 …: that which is checked, and the one that takes requests when all
// checks of the backend fail.
[[nodiscard]] std::string slot_name(std::size_t index);
[[nodiscard]] std::string open_name(std::size_t index);
inline constexpr std::string_view held_name = "held";

}  // namespace teal::haproxy
