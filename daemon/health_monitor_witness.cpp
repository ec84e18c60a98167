#include "daemon/health_monitor_witness.hpp"

#include <algorithm>
#include <cmath>

namespace teal::daemon {
namespace {

// Of what others sent only the newest counts: by day there are more of them than by night.
constexpr double remembered_seconds = 30;
constexpr double least_seconds = 1e-6;

}  // namespace

void ProbeWitness::count_others(std::uint64_t requests, std::chrono::duration<double> time) {
  others_ += static_cast<double>(requests);
  seconds_ += time.count();
  if (seconds_ <= remembered_seconds) return;
  others_ /= 2;
  seconds_ /= 2;
}

void ProbeWitness::note(std::optional<std::uint64_t> before, Moment begun, std::optional<std::uint64_t> after,
                        Moment ended) {
  const bool is_continued = before && last_ && *before >= *last_;
  if (is_continued) count_others(*before - *last_, begun - last_at_);
  last_.reset();
  ++witness_.probes;
  if (!before || !after || *after < *before) return;
  last_ = after;
  last_at_ = ended;
  const auto grown = *after - *before;
  const std::chrono::duration<double> window = ended - begun;
  if (grown == 0) {
    witness_ = {};
    witness_.is_stray = true;
    return count_others(0, window);
  }
  count_others(grown - 1, window);
  // One more than were seen: that none came so far does not prove that none ever will.
  const double rate = (others_ + 1) / std::max(seconds_, least_seconds);
  witness_.is_stray = false;
  witness_.doubt *= 1 - std::exp(-rate * std::max(window.count(), least_seconds));
}

}  // namespace teal::daemon
