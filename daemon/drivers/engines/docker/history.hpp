// Reads the engine's past events for what happened to our containers.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/events.hpp"

namespace teal::docker {

// Tells `witness` of what the engine still knows of all ends and signals since then of containers that bear these
// labels. Errors: the engine's.
[[nodiscard]] boost::asio::awaitable<Result<void>> read_history(Api& api, std::vector<std::string> labels, Time since,
                                                                Witness& witness);

// Since when the engine has been up without a break, as far as it can be told: it makes the network `bridge` anew at
// each start. Nothing where containers outlive it (live-restore), for then that network does too, or where there is
// none. Errors: the engine's.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<Time>>> up_since(Api& api);

}  // namespace teal::docker
