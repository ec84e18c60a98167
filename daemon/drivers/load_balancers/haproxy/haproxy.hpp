// HAProxy (2.6 and later) as a LoadBalancer, over its Runtime API (stats socket, level admin).
//
// The order of commands is the one measured to lose no request: a server is added in drain, takes traffic once its
// check has passed, and goes into maintenance once its connections are gone. There it is deleted by releases that can
// do that safely (releases.hpp); in all others it is kept as a slot and given to the next replica (slots.hpp). The
// backend's own `option httpchk` defines the checks (deploy/haproxy/haproxy.cfg).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/load_balancer.hpp"
#include "controllers/ports/telemetry.hpp"

namespace teal::haproxy {

struct HaproxyOptions {
  std::string socket_path;
  ports::Telemetry* telemetry = nullptr;  // outlives the load balancer
  // Of `haproxy -W -S`, where its old processes are seen. Empty: they are not seen, and after a reload or restart nobody
  // knows what they still have under way.
  std::string master_path{};
  const ports::Clock* clock = nullptr;  // outlives it too; null: nothing is said of when a process began
};

[[nodiscard]] std::unique_ptr<ports::LoadBalancer> make_haproxy(HaproxyOptions options);

struct HaproxyWatch {
  std::string socket_path;
  // HAProxy was reloaded or restarted, or answers again: its dynamic servers may be gone.
  std::function<void()> on_change;
  // It answers (and which HAProxy it is), or it does not and why; each change once.
  std::function<void(bool up, std::string what)> on_state;
};

// HAProxy has no event stream, and a reload forgets every dynamic server: so its process id is asked for ten times a
// second (0.1 ms each). Runs until cancelled.
[[nodiscard]] boost::asio::awaitable<void> watch_haproxy(HaproxyWatch watch);

}  // namespace teal::haproxy
