// Simulates a rollout in advance: runs `decide` repeatedly against a world in which nothing goes wrong.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "controllers/plan/model/world.hpp"
#include "controllers/rollout/decide.hpp"

namespace teal::model {

// What a pass waits for that does not come by itself at once.
enum class Wait {
  Nothing,
  Window,      // a maintenance window opens
  Bake,        // the new revision proves itself
  OldKept,     // the old replicas are kept out of traffic
  Approval,    // `teal approve`
  Resume,      // `teal resume`
  Retry,       // `teal retry`
  Suspension,  // spec.suspend is to be false
  Change,      // of the spec, or of teald.yaml: nothing else ends it
};

// What one pass would do, or what it would wait for.
struct Step {
  Time at;
  spec::Phase phase;  // as the pass has stored it
  rollout::Why why;
  std::vector<rollout::Action> actions;
  Wait wait = Wait::Nothing;                             // only without actions
  std::shared_ptr<const records::RolloutRecord> record;  // as the pass has stored it; null: nothing was
};

struct Rehearsal {
  std::vector<Step> steps;                       // passes that did something, and waits
  std::vector<records::RolloutRecord> rollouts;  // each as it began, or as it stood when the rehearsal began
  std::optional<records::RolloutRecord> record;  // as it stands at the end
  rollout::Why why;                              // … and why it stands there
  bool came_to_rest = false;                     // false: it went on for `most_passes`
};

struct Script {
  bool people_answer = false;  // whoever is waited for approves, resumes, retries, or ends the suspension
  bool one_rollout = false;    // of several on the way to one version (`hops`) only the first
  int most_passes = 2000;
};

// Until nothing is left to do, now or at any later time: it has ended, or waits for a person (`why` says which).
// `used`: as for observe.
[[nodiscard]] Rehearsal rehearse(records::ApplicationRecord desired, std::optional<records::RolloutRecord> record,
                                 World world, const std::vector<spec::ApplicationSpec>& used,
                                 const Script& script = {});

// The world in which the active revision of a record that has ended runs and serves, and nothing else.
[[nodiscard]] World steady_world(const std::optional<records::RolloutRecord>& record, Time now);

}  // namespace teal::model
