// Virtual time: what is to happen when, in order; nothing waits for real time.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "controllers/ports/clock.hpp"

namespace teal::simulation {

// The world's own time, which no jump of a clock changes.
class Timeline final : public ports::Clock {
 public:
  static constexpr int world = 0;  // an owner

  [[nodiscard]] Time now() const override { return now_; }
  void at(Time time, int owner, std::function<void()> happens) {
    due_.emplace(std::pair{std::max(time, now_), ++sequence_}, Entry{owner, std::move(happens)});
  }
  void in(Duration delay, int owner, std::function<void()> happens) { at(now_ + delay, owner, std::move(happens)); }
  // What this owner still waited for never happens.
  void forget(int owner) {
    std::erase_if(due_, [&](const auto& entry) { return entry.second.owner == owner; });
  }
  [[nodiscard]] std::optional<Time> next() const {
    return due_.empty() ? std::nullopt : std::optional<Time>{due_.begin()->first.first};
  }
  // Goes there and lets everything happen that is due by then.
  void advance(Time time) {
    now_ = std::max(now_, time);
    while (!due_.empty() && due_.begin()->first.first <= now_) {
      const auto happens = std::move(due_.begin()->second.happens);
      due_.erase(due_.begin());
      happens();
    }
  }

 private:
  struct Entry {
    int owner = world;
    std::function<void()> happens;
  };
  Time now_{std::chrono::milliseconds{1'700'000'000'000}};  // 2023-11-14T22:13:20Z
  std::uint64_t sequence_ = 0;
  std::map<std::pair<Time, std::uint64_t>, Entry> due_;
};

// The clock on the wall, which jumps.
class WallClock final : public ports::Clock {
 public:
  explicit WallClock(const Timeline& timeline) : timeline_(timeline) { jumps_.emplace_back(Time{}, Duration{0}); }

  [[nodiscard]] Time now() const override { return timeline_.now() + jumps_.back().second; }
  void jump(Duration by) { jumps_.emplace_back(timeline_.now(), jumps_.back().second + by); }
  // What it showed then.
  [[nodiscard]] Time at(Time time) const {
    auto offset = jumps_.front().second;
    for (const auto& [from, since] : jumps_) {
      if (from <= time) offset = since;
    }
    return time + offset;
  }
  // When it will show that, if it does not jump again.
  [[nodiscard]] Time when(Time wall) const { return wall - jumps_.back().second; }

 private:
  const Timeline& timeline_;
  std::vector<std::pair<Time, Duration>> jumps_;
};

// Suspends a coroutine of `owner` until then; for ever if the owner is forgotten first.
inline boost::asio::awaitable<void> sleep(Timeline& timeline, int owner, boost::asio::io_context& loop,
                                          Duration delay) {
  auto start = [&timeline, owner, &loop, delay](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    timeline.in(delay, owner, [shared, &loop] { boost::asio::post(loop, [shared] { std::move (*shared)(); }); });
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(start),
                                                                                     boost::asio::use_awaitable);
}

}  // namespace teal::simulation
