// A load balancer whose servers can be changed while it runs. One LoadBalancer is one instance; a backend is a pool of
// servers that shares its traffic. Every call has a deadline inside the adapter.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "controllers/world/server.hpp"
#include "manifests/application.hpp"
#include "manifests/foundation/result.hpp"

namespace teal {

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
