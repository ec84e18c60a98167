// Off the path: waiting to begin, held, going back, and between rollouts.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

// Keeps the revision that serves complete while nothing of the target runs yet (L4).
void keep_serving(Pass& pass);

// Back to the old revision: first the old ones serve again, then the new ones leave.
void rolling_back(Pass& pass);

// Nothing is under way: the active revision is kept as it should be (L4), all else goes.
void steady(Pass& pass);
// The application is to go: everything that is left of it. True once nothing is.
[[nodiscard]] bool deleting(Pass& pass);
// Holds everything as it is, while a person looks.
void paused(Pass& pass);

}  // namespace teal
