// Waiting in turn, on one thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <memory>

#include "manifests/foundation/time.hpp"

namespace teal::docker {

// Wakes all that wait for it.
class WakeSignal {
 public:
  explicit WakeSignal(boost::asio::any_io_executor executor);
  void ring() { timer_.cancel(); }
  [[nodiscard]] boost::asio::awaitable<void> wait();

 private:
  boost::asio::steady_timer timer_;
};

// A number of places, first come first served.
class Places {
 public:
  Places(boost::asio::any_io_executor executor, std::size_t count);

  // A place, until the last copy is gone or for so long: who takes longer goes on without one.
  [[nodiscard]] boost::asio::awaitable<std::shared_ptr<void>> take(Duration longest);

 private:
  struct State;
  struct Place;
  std::shared_ptr<State> state_;
};

}  // namespace teal::docker
