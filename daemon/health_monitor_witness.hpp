// Tells whether probes through a load balancer reach the backend that they are to verify, while others send it requests
// as well: by what its counters grew by around each probe.
//
// One window without growth proves that the probe went astray. A window with growth proves nothing, since somebody
// else's request may have fallen into it; how likely that is follows from how often others ask. Their requests are
// taken to come independently of one another and of the probes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "controllers/world/health.hpp"

namespace teal::daemon {

class ProbeWitness {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // `before` was asked for at `begun` and `after` known at `ended`, the probe sent and answered in between. None, or a
  // counter that went back (it began anew): the window says nothing.
  void note(std::optional<std::uint64_t> before, Moment begun, std::optional<std::uint64_t> after, Moment ended);
  [[nodiscard]] world::Witness view() const { return witness_; }

 private:
  // Adds what others sent in a time that is over.
  void count_others(std::uint64_t requests, std::chrono::duration<double> time);

  world::Witness witness_;
  double others_ = 0;  // requests of others in `seconds_`
  double seconds_ = 0;
  std::optional<std::uint64_t> last_;  // at the end of the last window
  Moment last_at_{};
};

}  // namespace teal::daemon
