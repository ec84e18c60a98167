// The machine's own clock.
#pragma once

#include "controllers/ports/clock.hpp"

namespace teal::daemon {

class WallClock final : public ports::Clock {
 public:
  [[nodiscard]] Time now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace teal::daemon
