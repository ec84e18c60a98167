#include "daemon/log_pruner.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace teal::daemon {

using namespace std::chrono_literals;

boost::asio::awaitable<void> prune_kept_logs(ports::Store& store, const ports::Clock& clock) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    // A store that does not answer is asked again in a minute.
    const auto pruned = co_await store.prune_logs(clock.now());
    timer.expires_after(pruned && *pruned > 0 ? Duration{100} : Duration{1min});
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace teal::daemon
