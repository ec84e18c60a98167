// A histogram of request latency with a few fixed buckets, so that memory does not depend on the length of a rollout. A
// percentile is the upper bound of its bucket (at most 1.5 times too high), and never above the maximum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "manifests/foundation/duration.hpp"

namespace teal::world {

struct LatencyCounts {
  static constexpr std::size_t steps = 36;  // 0.1 ms, 0.15 ms, 0.2 ms, 0.3 ms … 13 s, and one for all that is longer

  std::array<std::uint64_t, steps> counts{};
  std::chrono::microseconds longest{0};

  void add(std::chrono::microseconds took);
  void add(const LatencyCounts& other);
  [[nodiscard]] bool empty() const;
  // part: 0.5 is the median. 0 when there is nothing.
  [[nodiscard]] std::chrono::microseconds percentile(double part) const;

  bool operator==(const LatencyCounts&) const = default;
};

}  // namespace teal::world
