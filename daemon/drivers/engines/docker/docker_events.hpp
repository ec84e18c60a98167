// Follows the engine's event stream, so that a change wakes the controllers immediately.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "daemon/http/http_client.hpp"

namespace teal::docker {

struct DockerWatch {
  http::Endpoint endpoint;
  // Something changed in a container of `application`. Empty: anything may have changed, said after each (re)connect,
  // once nothing can be missed any more.
  std::function<void(std::string application)> on_change;
  // The stream came up, or it went down, and why; each change once.
  std::function<void(bool up, std::string reason)> on_state;
};

// Runs until it is cancelled. Reconnects after 100 ms, then ever later, up to 5 s.
[[nodiscard]] boost::asio::awaitable<void> watch_docker_events(DockerWatch watch);

}  // namespace teal::docker
