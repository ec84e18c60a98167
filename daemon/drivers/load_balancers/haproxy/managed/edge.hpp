// A HAProxy that Teal keeps itself, as a LoadBalancer: teald writes its files and tells the running process the same.
//
// The file always comes first. So whatever is killed in between, what a reload or restart of HAProxy loads is what
// serves, or one step ahead of it; and each reading makes the process equal to the file again. The step ahead never
// costs a request: a server is opened in the file after its replica is well, and closed in it while others serve.
//
// Servers are slots (edge_state.hpp), checked by HAProxy, and each has a twin without a check that takes requests when
// all checks of its backend fail at once. Only a new backend, its health check or more slots need a reload.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/load_balancer.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_files.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::haproxy {

struct EdgeOptions {
  EdgePlace place;
  std::string name{};                     // of the load balancer in teald.yaml
  std::string certificates{};             // a folder of *.pem; empty: none
  std::string include{};                  // a folder of *.cfg in HAProxy's own words; empty: none
  std::string program = "haproxy";        // which judges those before they are taken over
  ports::Telemetry* telemetry = nullptr;  // these outlive the load balancer; each may be null
  const ports::Clock* clock = nullptr;
  runtime::BlockingPool* files = nullptr;
  std::function<void(const std::string& problem)> warn{};
  std::function<void()> changed{};  // what applications are told of it is other than before
};

class Edge : public ports::LoadBalancer {
 public:
  // Writes the files where they are not what they should be, so that HAProxy can be started whoever comes first. Error:
  // what is wrong with the directory.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> begin() = 0;
  // Takes over certificates and ACME challenges that have come, changed or gone, and tells a process that began since.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> refresh_certificates() = 0;
  // Takes over what people have changed in their includes, by a reload. Error: what HAProxy says against them; then
  // those before stay in force.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> refresh_includes() = 0;
};

// Whether HAProxy would load the includes of this one, with all that its folder says; nothing is changed. Blocks.
[[nodiscard]] Result<void> check_includes(const EdgeOptions& options);

[[nodiscard]] std::unique_ptr<Edge> make_edge(EdgeOptions options);

}  // namespace teal::haproxy
