// Takes what is older than teald.yaml wants out of the audit, behind everything else.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/store.hpp"

namespace teal::daemon {

// Looks once an hour, and sooner while there is more to take away; runs until it is cancelled. Both outlive it.
[[nodiscard]] boost::asio::awaitable<void> prune_audit(ports::Store& store, const ports::Clock& clock, Duration keep);

}  // namespace teal::daemon
