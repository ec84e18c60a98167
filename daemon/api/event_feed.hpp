// New events, looked for once for all who watch them. The store tells nobody of them, so it is asked, only while
// somebody watches; without this a hundred watches would ask a hundred times for each change, and rollouts wait for the
// same store.
//
// Single-threaded. The newest 1,000 events are at hand; a watch that is further behind asks the store itself.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "controllers/ports/store.hpp"
#include "daemon/api/bell.hpp"

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
  Bell done_;
};

}  // namespace teal::api
