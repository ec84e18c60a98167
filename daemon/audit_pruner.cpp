#include "daemon/audit_pruner.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace teal::daemon {

using namespace std::chrono_literals;

boost::asio::awaitable<void> prune_audit(ports::Store& store, const ports::Clock& clock, Duration keep) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    // A store that does not answer is asked again in an hour.
    const auto pruned = co_await store.prune_audit(clock.now() - keep);
    timer.expires_after(pruned && *pruned > 0 ? Duration{100} : Duration{1h});
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace teal::daemon
