// What the reconciler holds of one application. Private to controllers/reconciler*.cpp.
#pragma once

#include "controllers/reconcile/reconciler.hpp"

namespace teal {

struct Reconciler::Entry {
  ApplicationRecord record;
  std::shared_ptr<const Ports> ports;  // the reconciler's, watched by the tracer
  bool rollout_loaded = false;
  std::optional<RolloutRecord> rollout;  // as it is in the store; counts of traffic may be ahead of it
  PassMemory memory;
  ApplicationStatus status;
  int stumbles = 0;                    // passes in a row that could not be finished
  std::vector<std::string> last_keys;  // of the actions of the pass before
  int repeats = 0;                     // passes in a row with those same actions
};

}  // namespace teal
