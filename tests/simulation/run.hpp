// Runs one story: faults, then healing, then rest. Says what was broken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/fault.hpp"
#include "tests/simulation/monitors/monitors.hpp"
#include "tests/simulation/scenario.hpp"

namespace teal::simulation {

struct Outcome {
  std::vector<Violation> violations;
  std::vector<std::string> trace;  // only when asked for
  std::uint64_t hash = 0;          // of all that happened
  Duration simulated{};
  Duration converged_after{};  // from the end of the faults
  EffectCounts effects;
  int standing = 0;  // replicas that ran in the end and were not asked to stop
  Coverage coverage;
  int faults = 0;
  int lives = 0;
  int passes = 0;
  int revisions = 0;
  int ended_by_fault = 0;
};

[[nodiscard]] Outcome run(const Scenario& scenario, bool keep_trace);
// The same story with nothing that goes wrong in it.
[[nodiscard]] Scenario without_faults(Scenario scenario);

// The same story with as much as possible taken out, as long as the same promise is broken.
[[nodiscard]] Scenario shrink(const Scenario& scenario, Promise broken);

}  // namespace teal::simulation
