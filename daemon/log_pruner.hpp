// Keeps stored container output within its limits, in the background.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/store.hpp"

namespace teal::daemon {

// Looks once a minute, and sooner while there is more to take away; runs until it is cancelled. Both outlive it.
[[nodiscard]] boost::asio::awaitable<void> prune_kept_logs(ports::Store& store, const ports::Clock& clock);

}  // namespace teal::daemon
