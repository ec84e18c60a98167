// A condition variable for coroutines of one thread; waiters check their condition themselves.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

namespace teal::api {

class WakeSignal {
 public:
  [[nodiscard]] boost::asio::awaitable<void> wait() {
    if (!timer_)
      timer_.emplace(co_await boost::asio::this_coro::executor, boost::asio::steady_timer::time_point::max());
    (void)co_await timer_->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  // Wakes all who wait.
  void ring() {
    if (timer_) timer_->cancel();
  }

 private:
  std::optional<boost::asio::steady_timer> timer_;
};

}  // namespace teal::api
