// What was measured with one number of applications, and the table of all.
#pragma once

#include <string>
#include <vector>

#include "tests/benchmark/scale/readers.hpp"

namespace teal::test {

struct Waits {
  double longest = 0;  // ms
  double p99 = 0;      // ms
  std::size_t count = 0;
};

struct Wave {
  int wanted = 0;
  int done = 0;        // Healthy, and active in the new version
  double seconds = 0;  // from the first saved file until all have only their new containers
  double cpu = 0;      // teald's, seconds
  Waits healthz;
};

struct Figures {
  int wanted = 0;
  int admitted = 0;
  double admission = 0;  // seconds, from the start of the program
  Waits admission_healthz;
  int settled = 0;      // Complete
  double settling = 0;  // seconds
  double settling_cpu = 0;
  bool is_observed = false;
  double restart = 0;  // seconds, until every application was looked at
  Waits restart_healthz;
  double idle_cpu = 0;  // % of a core
  double idle_seconds = 0;
  long idle_engine_requests = 0;
  long idle_balancer_commands = 0;
  long memory = 0;                    // KiB, the most since the restart, before anything was bumped
  long memory_idle = 0;               // KiB
  long memory_peak = 0;               // KiB, at the end
  std::vector<double> first_actions;  // ms, from the saved file until the engine was asked to pull
  std::vector<Wave> waves;
  double scrape = 0;  // seconds
  std::size_t scrape_size = 0;
  double list = 0;  // seconds
  std::size_t list_size = 0;
  Waits reading_healthz;
  Rate status;
  Rate nginx;
  Told told;
  std::string blocked;  // upper bounds of seconds
};

[[nodiscard]] double median(std::vector<double> values);
void print(const std::vector<Figures>& all);

}  // namespace teal::test
