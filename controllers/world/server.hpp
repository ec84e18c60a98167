// Servers as a load balancer reports them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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
  // Requests under way and waiting. None: the load balancer cannot count them (now); then only time proves that they
  // are over, and the whole drain is waited for.
  std::optional<int> sessions = 0;
  std::string check;         // the last check's own words, for people
  std::uint64_t errors = 0;  // retries, redispatches, connection and response errors, denials so far

  bool operator==(const Server&) const = default;
};

}  // namespace teal::world
