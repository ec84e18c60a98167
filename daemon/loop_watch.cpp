#include "daemon/loop_watch.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace teal::daemon {

using namespace std::chrono_literals;

boost::asio::awaitable<void> watch_loop(runtime::Metrics& metrics) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    timer.expires_after(100ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
    metrics.loop_blocked(std::chrono::steady_clock::now() - timer.expiry());
  }
}

}  // namespace teal::daemon
