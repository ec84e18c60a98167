// Follows the engine's event stream, so that a change wakes the controllers immediately.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/drivers/engines/docker/inventory.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::docker {

struct DockerWatch {
  http::Endpoint endpoint;
  // Told of each event, and of when they can be followed and when not, before anybody else; null: there is none.
  std::shared_ptr<Inventory> inventory;
  // Something changed in a container of `application`. Empty: anything may have changed, said after each (re)connect,
  // once nothing can be missed any more.
  std::function<void(std::string application)> on_change;
  // The stream came up, or it went down, and why; each change once.
  std::function<void(bool up, std::string reason)> on_state;
};

// Runs until it is cancelled. Reconnects after 100 ms, then ever later, up to 5 s. Every ten seconds the engine is
// asked whether it is there: one that hangs tells of nothing, and what it has told does not count any more then.
[[nodiscard]] boost::asio::awaitable<void> watch_docker_events(DockerWatch watch);

}  // namespace teal::docker
