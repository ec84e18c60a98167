// The phases of the measurement with one number of applications, one after the other.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/benchmark/scale/crowd.hpp"
#include "tests/benchmark/scale/figures.hpp"

namespace teal::test {

struct Options {
  std::string program;
  std::string interval = "10m";
  std::chrono::seconds limit{900};
  std::chrono::seconds idle{20};
  std::size_t requests = 100'000;
  int watchers = 500;
  std::vector<int> sizes;
};

[[nodiscard]] Figures measure(const Options& options, int count);

}  // namespace teal::test
