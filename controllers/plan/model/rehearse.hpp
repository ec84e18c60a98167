// A rollout told ahead: `decide` itself, again and again, against a world in which nothing goes wrong.
#pragma once

#include <optional>
#include <vector>

#include "controllers/plan/model/world.hpp"
#include "controllers/rollout/decide.hpp"

namespace teal::model {

// What one pass would do.
struct Step {
  Time at;
  Phase phase;  // as the pass has stored it
  Why why;
  std::vector<Action> actions;
};

struct Rehearsal {
  std::vector<Step> steps;               // passes that did something
  std::optional<RolloutRecord> record;   // as it stands at the end
  Why why;                               // … and why it stands there
  bool came_to_rest = false;             // false: it went on for `most_passes`
};

// Until nothing is left to do, now or at any later time: it has ended, or waits for a person (`why` says which).
// `used`: as for observe.
[[nodiscard]] Rehearsal rehearse(const ApplicationRecord& desired, std::optional<RolloutRecord> record, World world,
                                 const std::vector<ApplicationSpec>& used, int most_passes = 2000);

// The world in which the active revision of a record that has ended runs and serves, and nothing else.
[[nodiscard]] World steady_world(const std::optional<RolloutRecord>& record, Time now);

}  // namespace teal::model
