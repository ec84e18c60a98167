// Fetches new events once for all watches. The store does not announce events, so it is polled, but only while somebody
// watches; otherwise a hundred watches would query it a hundred times per change, and rollouts wait for the same store.
//
// Single-threaded. The newest 1,000 events are cached; a watch that is further behind queries the store itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "controllers/ports/store.hpp"
#include "daemon/api/wake_signal.hpp"

namespace teal::api {

class EventFeed {
 public:
  using Clock = std::chrono::steady_clock;

  // The store outlives it.
  explicit EventFeed(ports::Store& store) : store_(store) {}
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // What the store answers when it is asked at `earliest` or later. Errors: the store's.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query,
                                                                                       Clock::time_point earliest);

 private:
  [[nodiscard]] boost::asio::awaitable<Result<void>> look(Clock::time_point earliest);

  ports::Store& store_;
  std::deque<ports::StoredEvent> newest_;
  std::optional<std::int64_t> floor_;  // all events after it are in newest_; none: nobody has looked yet
  Clock::time_point looked_;           // when the last look began
  bool is_looked_ = false;             // at this moment
  WakeSignal done_;
};

}  // namespace teal::api
