// What many applications cost, of two replicas and a worker each: how long teald takes to admit them from an empty
// store, and to look at all of them after a restart; how long /healthz has to wait meanwhile; memory; CPU while nothing
// happens; how soon a bump is begun and how long many take; and what those who read get (readers.hpp). With 10, 1,000
// and 10,000 applications, in the same run, against stand-ins for Docker and HAProxy (crowd.hpp) which hold up to
// 30,000 containers and answer at a real dockerd's pace.
//
// scale [--teald PROGRAM] [--limit SECONDS] [--interval DURATION] [--requests N] [--watchers N] [--idle SECONDS] [N …].
// Prints a table; ends with 1 when something was not admitted, observed or rolled out within the limit (900 s each).
// Figures are for reading: nothing is asserted of them, as they are the machine's. nginx is compared with where it is
// installed. `--interval` is that of the health checks (10m): each one of 20,000 replicas is a request of teald's own,
// and at the default of 2s they would be 10,000 a second, which is more than a core.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <string>

#include "tests/benchmark/scale/phases.hpp"

int main(int count, char** words) {
  using namespace teal::test;
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool has_value = i + 1 < count;
    if (word == "--teald" && has_value) {
      options.program = words[++i];
    } else if (word == "--interval" && has_value) {
      options.interval = words[++i];
    } else if (word == "--limit" && has_value) {
      options.limit = std::chrono::seconds{std::atoi(words[++i])};
    } else if (word == "--requests" && has_value) {
      options.requests = static_cast<std::size_t>(std::max(std::atol(words[++i]), 1L));
    } else if (word == "--idle" && has_value) {
      options.idle = std::chrono::seconds{std::max(std::atoi(words[++i]), 1)};
    } else if (word == "--watchers" && has_value) {
      options.watchers = std::clamp(std::atoi(words[++i]), 1, 10'000);
    } else {
      options.sizes.push_back(std::clamp(std::atoi(words[i]), 1, 10'000));
    }
  }
  if (options.sizes.empty()) options.sizes = {10, 1000, 10000};
  std::vector<Figures> all;
  try {
    for (const int size : options.sizes) all.push_back(measure(options, size));
  } catch (const std::exception& error) {
    fmt::print(stderr, "scale: {}\n", error.what());
    return 1;
  }
  print(all);
  const auto is_whole = [](const Figures& one) {
    const auto is_done = [](const Wave& wave) { return wave.done == wave.wanted; };
    return one.admitted == one.wanted && one.settled == one.wanted && one.is_observed &&
           std::ranges::all_of(one.waves, is_done);
  };
  return std::ranges::all_of(all, is_whole) ? 0 : 1;
}
