// Servers as a load balancer reports them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "manifests/foundation/time.hpp"

namespace teal::world {

// What a server takes in, whatever its health.
enum class Intake {
  Open,      // new requests
  Draining,  // none; those under way go on. Said only once no part of the load balancer sends it new ones
  Closed,    // none, and it is not checked: an `attach` or `detach` broke off, or a person did it
};

struct Server {
  std::string name;     // its replica's container's
  std::string slot;     // what the load balancer itself calls it, where that is another name
  std::string address;  // its replica's, as the engine said it
  Intake intake = Intake::Open;
  bool check_passed = false;  // its last health check passed, whatever `intake` says
  bool up = false;            // Open, and the load balancer sends it traffic now
  bool unchecked = false;     // not up, and sent traffic all the same, since the checks of all others fail too
  // Requests under way and waiting. None: the load balancer cannot count them (now); then only time proves that they
  // are over, and the whole drain is waited for.
  std::optional<int> sessions = 0;
  std::string check;  // the last check's own words, for people
  // What its failed check came to, and what would make that ask as teald's own does: two halves of a sentence. Empty:
  // it passed, or its load balancer has no advice.
  std::string check_failure;
  std::string check_remedy;
  // What keeps it from traffic, or from its check, if nobody but a person did that, and the command by which a person
  // undoes it. Empty: there is no such thing. `admit` undoes all of it.
  std::string by_hand;
  std::string undo;
  std::optional<std::uint64_t> requests;  // that it was given so far; none: they are not counted
  std::uint64_t errors = 0;               // retries, redispatches, connection and response errors, denials so far

  bool operator==(const Server&) const = default;
};

// What servers may still have to do in parts of a load balancer that take no new connections: processes that a reload
// has replaced. They may have servers that the present one has forgotten.
struct Leftover {
  std::map<std::string, int> sessions;  // by server's name, of those that have any
  // Requests that began before it may be under way there, and nobody counts them. None: all of them are counted.
  std::optional<Time> uncounted_before;
  std::string why;  // they are not counted, for people

  bool operator==(const Leftover&) const = default;
};

}  // namespace teal::world
