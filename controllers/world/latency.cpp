#include "controllers/world/latency.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace teal::world {
namespace {

constexpr auto bounds = [] {
  std::array<std::int64_t, LatencyCounts::steps - 1> ends{};
  ends[0] = 100;
  ends[1] = 150;
  for (std::size_t i = 2; i < ends.size(); ++i) ends[i] = ends[i - 2] * 2;
  return ends;
}();

}  // namespace

void LatencyCounts::add(std::chrono::microseconds took) {
  const auto step = std::ranges::lower_bound(bounds, took.count()) - bounds.begin();
  ++counts[static_cast<std::size_t>(step)];
  longest = std::max(longest, took);
}

void LatencyCounts::add(const LatencyCounts& other) {
  for (std::size_t i = 0; i < steps; ++i) counts[i] += other.counts[i];
  longest = std::max(longest, other.longest);
}

bool LatencyCounts::empty() const {
  return std::ranges::all_of(counts, [](std::uint64_t count) { return count == 0; });
}

std::chrono::microseconds LatencyCounts::percentile(double part) const {
  const auto all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (all == 0) return std::chrono::microseconds{0};
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(all))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    seen += counts[i];
    if (seen >= rank) return std::min(longest, std::chrono::microseconds{bounds[i]});
  }
  return longest;
}

}  // namespace teal::world
