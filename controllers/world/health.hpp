// Results of Teal's own probes.
#pragma once

#include <cstdint>
#include <string>

#include "controllers/world/latency.hpp"

namespace teal::world {

struct HealthView {
  int successes = 0;               // consecutive, up to now
  int failures = 0;                // consecutive, up to now
  bool ever = false;               // it reached check.successes once
  std::string answer;              // the last answer in short: "200", "503: database unreachable", "connection refused"
  bool wants_credentials = false;  // it answered 401 or 403
  // Questions to all replicas are numbered in the order in which they are asked. What is well and was asked after
  // another began to fail does not share its trouble.
  std::uint64_t asked = 0;         // the number of the one that `answer` answers
  std::uint64_t failing_from = 0;  // the number of the newest one when the first of `failures` was known
  std::uint64_t well_from = 0;     // the number of the question with which `successes` began
  std::string body;                // the head of the last answer's body when that was a failure, printable; else empty
};

struct TrafficView {
  std::uint64_t probes = 0;  // since the last `take_traffic`
  std::uint64_t failed = 0;
  LatencyCounts latency;  // of those probes, failed ones too
  int successes = 0;      // consecutive, up to now; survives `take_traffic`
  int failures = 0;
  std::string answer;  // the last failure's, else the last answer
};

}  // namespace teal::world
