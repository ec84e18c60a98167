// The small worlds that are explored in full: which specs there are, what may go wrong, and how often.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controllers/requests/control.hpp"
#include "manifests/spec/application.hpp"

namespace teal::exploration {

// What may go wrong, and what people may do. Each costs one of the budget each time that it happens.
enum class Fault {
  Crash,         // teald dies: at rest, or after any of a pass's effects
  Answer,        // a call fails, or is done and its answer is lost
  Death,         // a container's process ends by itself
  Removal,       // somebody removes a container
  Forgetting,    // the load balancer forgets its servers
  Outage,        // the load balancer cannot be reached for a while
  Sickness,      // the health of a version flips
  Dependency,    // what all versions need is down
  Crashing,      // a version's replicas exit at once
  FullBalancer,  // servers cannot be added
  Stubbornness,  // containers ignore the stop signal
  Unremovable,   // containers end, and the engine cannot remove them
  LongSessions,  // requests do not end
  JobFailure,    // the migration exits with 1, is killed, or ends while the engine is away
  JobHangs,      // the migration does not end by itself
  Slowness,      // a timer is faster than all that is under way
  Verbs,         // an operator pauses, resumes, aborts, retries
  Edits,         // another spec
};

struct Scene {
  std::string name;
  std::vector<spec::ApplicationSpec>
      specs;  // the first is wanted; with `installed`: the first runs and the second is wanted
  bool installed = true;
  std::set<Fault> faults;
  int budget = 2;
  int answers = 1;  // how often an operator answers a rollout that waits for one, or has ended badly
};

// The scenes of CI, or more and deeper ones. `only`: those whose name contains it.
[[nodiscard]] std::vector<Scene> scenes(bool deep, const std::string& only);

}  // namespace teal::exploration
