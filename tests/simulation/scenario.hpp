// A story: the fleet, what users and operators do when, and which faults there are. All of it comes from one seed; a
// smaller one is the same story with parts taken out.
#pragma once

#include <string>
#include <vector>

#include "controllers/control.hpp"
#include "manifests/application.hpp"
#include "tests/simulation/fault.hpp"

namespace teal::simulation {

struct Step {
  enum class Kind {
    Spec,     // the manifest is saved, or applied through the API
    Invalid,  // a manifest that the admission refuses
    Verb,
    Delete,
  };
  int number = 0;  // in the whole story
  Duration at{};
  std::string application;
  Kind kind = Kind::Spec;
  Application spec;
  Verb verb = Verb::Retry;
};

struct Member {
  Application first;
  bool by_file = true;
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<Member> fleet;
  std::vector<Step> steps;  // in the order of time
  Faults::Weights faults;
  Duration calm{};   // without faults at first, for an installation to have something to lose
  Duration lasts{};  // until the faults are over
};

[[nodiscard]] Scenario make_scenario(std::uint64_t seed);
[[nodiscard]] std::string to_text(const Step& step);

}  // namespace teal::simulation
