#include <algorithm>
#include <chrono>

#include "tests/simulation/run.hpp"

namespace teal::simulation {

namespace {

bool still_breaks(const Scenario& scenario, Promise broken) {
  const auto outcome = run(scenario, false);
  return std::ranges::any_of(outcome.violations, [&](const Violation& one) { return one.promise == broken; });
}

}  // namespace

Scenario shrink(const Scenario& scenario, Promise broken) {
  auto best = scenario;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};  // small enough has to do then
  const auto attempt = [&](const Scenario& smaller) {
    if (std::chrono::steady_clock::now() > end || !still_breaks(smaller, broken)) return false;
    best = smaller;
    return true;
  };
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t i = best.fleet.size(); i-- > 0 && best.fleet.size() > 1;) {
      auto less = best;
      const auto name = less.fleet[i].first.name;
      less.fleet.erase(less.fleet.begin() + static_cast<std::ptrdiff_t>(i));
      std::erase_if(less.steps, [&](const Step& step) { return step.application == name; });
      smaller = attempt(less) || smaller;
    }
    for (const auto& [fault, weight] : Faults::Weights{best.faults}) {
      auto less = best;
      less.faults.erase(fault);
      smaller = attempt(less) || smaller;
    }
    for (std::size_t i = best.steps.size(); i-- > 0;) {
      auto less = best;
      less.steps.erase(less.steps.begin() + static_cast<std::ptrdiff_t>(i));
      smaller = attempt(less) || smaller;
    }
  }
  return best;
}

}  // namespace teal::simulation
