// Measures how long the event loop keeps others waiting: teal_loop_blocked_seconds.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "daemon/runtime/metrics.hpp"

namespace teal::daemon {

// Ten times a second, until it is cancelled.
[[nodiscard]] boost::asio::awaitable<void> watch_loop(runtime::Metrics& metrics);

}  // namespace teal::daemon
