// Servers as a load balancer shows them.
#pragma once

#include <cstdint>
#include <string>

namespace teal {

enum class ServerAdmin {
  Ready,        // takes new requests when up
  Drain,        // takes no new ones, those under way finish
  Maintenance,  // takes none, ready to be deleted
};

struct Server {
  std::string name;
  std::string address;  // its replica's, as the engine said it
  ServerAdmin admin = ServerAdmin::Ready;
  bool check_passed = false;  // its last health check passed, whatever `admin` says
  bool up = false;            // Ready, and the load balancer sends it traffic now
  int sessions = 0;           // running and queued
  std::string check;          // the last check's own words, for people
  std::uint64_t errors = 0;   // retries, redispatches, connection and response errors, denials so far

  bool operator==(const Server&) const = default;
};

}  // namespace teal
