// Results of Teal's own probes.
#pragma once

#include <cstdint>
#include <map>
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

// Whether the servers of a backend are what answers the probes through their load balancer, by its own counters. They
// are read right before a probe and right after it. If no server was given a request in between, somebody else
// answered: that is proof. If one was, it may have been somebody else's request, and only many probes make that
// unlikely.
struct Witness {
  bool is_stray = false;  // the newest probe that could be judged was answered by somebody else
  int probes = 0;         // since the last stray one, those too of which nothing can be said
  double doubt = 1;  // how likely it is that others' requests alone explain what was counted since the last stray one
};

struct TrafficView {
  std::uint64_t probes = 0;  // since the last `take_traffic`
  std::uint64_t failed = 0;
  LatencyCounts latency;  // of those probes, failed ones too
  int successes = 0;      // consecutive, up to now; survives `take_traffic`
  int failures = 0;
  std::string answer;                        // the last failure's, else the last answer
  std::map<std::string, Witness> witnessed;  // by component; of those whose load balancer counts requests
};

}  // namespace teal::world
