// k-of-n counting of probe results, and whether a change of the verdict is relevant to anybody.
#pragma once

#include <cstdint>
#include <string>

#include "controllers/world/latency.hpp"
#include "daemon/health_monitor_verdict.hpp"

namespace teal::daemon {

struct Tally {
  int successes = 0;  // consecutive, up to now; at most one of the two is not 0
  int failures = 0;
  bool ever = false;  // `successes` reached check.successes once
  std::string answer;
  std::string body;  // of the last answer, when it was a failure
  bool wants_credentials = false;
  bool nobody_there = false;  // the last time
  // The number of the question that was answered last, and of the newest one when the first of `failures` came.
  std::uint64_t asked = 0;
  std::uint64_t failing_from = 0;
  std::uint64_t well_from = 0;  // the number of the question with which `successes` began
  // Since they were last taken.
  std::uint64_t probes = 0;
  std::uint64_t failed = 0;
  world::LatencyCounts latency;  // the asker adds to it
  std::string failed_answer;     // the last failure's

  // True when it matters to a reader: a count is not beyond its threshold, or the answer is another one.
  bool add(const spec::HealthCheck& check, HealthVerdict verdict);
  // Neither enough successes nor enough failures in a row.
  [[nodiscard]] bool undecided(const spec::HealthCheck& check) const;
  // It was well and now nobody is there: it has most likely ended.
  [[nodiscard]] bool vanished() const { return ever && nobody_there && failures > 0; }
  void take();
};

}  // namespace teal::daemon
