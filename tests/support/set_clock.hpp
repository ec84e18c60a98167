// A clock that stands where a test has set it.
#pragma once

#include "controllers/ports/clock.hpp"

namespace teal::test {

class SetClock final : public ports::Clock {
 public:
  explicit SetClock(Time at = Time{Duration{1'700'000'000'000}}) : time(at) {}
  [[nodiscard]] Time now() const override { return time; }
  Time time;
};

}  // namespace teal::test
