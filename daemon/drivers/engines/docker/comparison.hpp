// Compares the inventory with what the engine has, every few minutes: what no event has told of is read again, told
// of, and counted.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controllers/ports/telemetry.hpp"
#include "daemon/drivers/engines/docker/inventory.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::docker {

struct DockerComparison {
  http::Endpoint endpoint;
  std::shared_ptr<Inventory> inventory;
  ports::Telemetry* telemetry = nullptr;  // outlives it; may be null
  // A container of `application` is not as it was known.
  std::function<void(std::string application)> on_change;
  Duration interval = std::chrono::minutes{5};
  Duration grace = std::chrono::seconds{5};  // an event that comes so much later is late, not missing
};

// Runs until it is cancelled. While the events are not followed nothing is kept, so that there is nothing to compare.
[[nodiscard]] boost::asio::awaitable<void> compare_inventory(DockerComparison comparison);

}  // namespace teal::docker
