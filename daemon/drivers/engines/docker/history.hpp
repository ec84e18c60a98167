// Reads the engine's past events for what happened to our containers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/events.hpp"

namespace teal::docker {

// Tells `witness` of what the engine still knows of all ends and signals since then of containers that bear these
// labels. Errors: the engine's.
[[nodiscard]] boost::asio::awaitable<Result<void>> read_history(Api& api, std::vector<std::string> labels, Time since,
                                                                Witness& witness);

}  // namespace teal::docker
