// A load balancer whose servers can be changed while it runs. One LoadBalancer is one instance; a backend is a pool of
// servers that shares its traffic. Every call has a deadline inside the adapter.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "manifests/application.hpp"
#include "manifests/foundation/result.hpp"

namespace teal {

enum class ServerAdmin {
  Ready,        // takes new requests when up
  Drain,        // takes no new ones, those under way finish
  Maintenance,  // takes none, ready to be deleted
};

struct Server {
  std::string name;
  std::string address;  // "127.0.0.1:49153"
  ServerAdmin admin = ServerAdmin::Ready;
  bool check_passed = false;  // its last health check passed, whatever `admin` says
  bool up = false;            // Ready, and the load balancer sends it traffic now
  int sessions = 0;           // running and queued
  std::string check;          // the last check's own words, for people
  std::uint64_t errors = 0;   // retries, redispatches, connection and response errors, denials so far

  bool operator==(const Server&) const = default;
};

struct ServerSpec {
  std::string name;
  std::string address;
  HealthCheck health;
};

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;

  // Errors: not_found (no such backend), unavailable, timed_out.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<Server>>> servers(std::string backend) = 0;
  // Adds it with its health check, admin Drain: no traffic before `ready`. Errors: conflict (the name is taken),
  // invalid.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> add(std::string backend, ServerSpec spec) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> ready(std::string backend, std::string name) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> drain(std::string backend, std::string name) = 0;
  // Takes it out for good; already gone is success. Without `cut_sessions` it fails (conflict) while sessions are left;
  // with it their clients see an error.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> remove(std::string backend, std::string name,
                                                                    bool cut_sessions) = 0;
};

}  // namespace teal
