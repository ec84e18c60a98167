// The phases from Migrating to the end, each a function over a Pass: act, then leave when the evidence is there.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

// Keeps the revision that serves complete while nothing of the target runs yet (L4).
void keep_serving(Pass& pass);

void migrating(Pass& pass);
void starting(Pass& pass);
void introducing(Pass& pass);
void verifying(Pass& pass);
void withdrawing(Pass& pass);
void retiring(Pass& pass);
void awaiting_approval(Pass& pass);
void rolling_back(Pass& pass);

// Nothing is under way: the active revision is kept as it should be (L4), all else goes.
void steady(Pass& pass);
// The application is to go: everything that is left of it. True once nothing is.
[[nodiscard]] bool deleting(Pass& pass);
// Holds everything as it is, while a person looks.
void paused(Pass& pass);

}  // namespace teal
