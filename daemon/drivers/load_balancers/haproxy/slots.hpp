// Slots: servers that outlive their replica. Where HAProxy cannot be trusted to delete a server (releases.hpp), the
// server of a replica that is gone stays in maintenance, and the next replica is given it: it is re-addressed.
//
// A server cannot be renamed, so a slot bears the name of the replica that it was added for. Whose it is now is kept in
// a process-wide variable of HAProxy's own (`get var proc.teal.…`): it outlives teald, every teald reads the same, and
// it is gone with the servers when HAProxy is reloaded. To everybody else a slot has its replica's name, and a free one
// is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/world/server.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::haproxy {

struct Tenancy {
  std::string replica;              // empty: the slot is free
  int check_interval = 0;           // in ms; it cannot be changed once a server is added. 0: not known
  std::uint64_t errors_before = 0;  // what the server's counters had when this replica took it

  bool operator==(const Tenancy&) const = default;
};

struct Slot {
  world::Server server;            // as HAProxy has it, under its own name
  std::optional<Tenancy> tenancy;  // none: no slot. Its name is its replica's, or it is somebody else's server
  // Connections to its address that are in use, a client's own idle ones too; none: HAProxy does not say.
  std::optional<std::uint64_t> connections;
};

using Slots = std::vector<Slot>;

[[nodiscard]] Slots as_slots(std::vector<world::Server> servers);

// Lines for the Runtime API that ask for the tenancy of each slot, and their answers. Error: invalid (not the answers).
[[nodiscard]] std::vector<std::string> tenancy_questions(std::string_view backend, const Slots& slots);
[[nodiscard]] Result<void> read_tenancies(std::string_view backend, std::string_view answers, Slots& slots);
// The line that writes one.
[[nodiscard]] std::string tenancy_line(std::string_view backend, std::string_view server, const Tenancy& tenancy);

// The variable that holds it.
[[nodiscard]] std::string tenancy_variable(std::string_view backend, std::string_view server);

// The answer to "show servers conn BACKEND".
void read_connections(std::string_view answer, Slots& slots);

// The one that is this replica's; null: it has none.
[[nodiscard]] const Slot* slot_of(const Slots& slots, std::string_view replica);
// One that this replica may take: free, in maintenance, of the same component, with this check interval, and nothing
// under way to its old address. Its own of before comes first, one of another name once more than `spare` of the
// component are free. Null: there is none.
[[nodiscard]] const Slot* free_slot(const Slots& slots, std::string_view replica, int check_interval,
                                    std::size_t spare);
// What a new server for it is called: as it, unless a slot has that name.
[[nodiscard]] std::string name_for(const Slots& slots, const std::string& replica);
// What is there, by replica: free slots are not, unless somebody opened them.
[[nodiscard]] std::vector<world::Server> by_replica(const Slots& slots);

}  // namespace teal::haproxy
