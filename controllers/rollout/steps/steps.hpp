// What is done in each phase, one file per phase: act on the observation, and enter the next phase once there is
// evidence for it. phases.hpp has the order, ARCHITECTURE.md the guarantees of each ("Phases").
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

void pending(Pass& pass);            // may it begin?
void preparing(Pass& pass);          // is everything there that it needs?
void migrating(Pass& pass);          // the schema
void starting(Pass& pass);           // the new replicas
void introducing(Pass& pass);        // … into traffic
void verifying(Pass& pass);          // … proved there
void withdrawing(Pass& pass);        // the old replicas out of traffic
void retiring(Pass& pass);           // … gone
void awaiting_approval(Pass& pass);  // a person decides
void rolling_back(Pass& pass);       // first the old ones serve again, then the new ones leave

// Between rollouts: the active revision is kept as it should be (L4), all else goes.
void ended(Pass& pass);

// In any phase: everything stays as it is while a person looks.
void paused(Pass& pass);

// The application is to go: everything that is left of it. True once nothing is.
[[nodiscard]] bool deleting(Pass& pass);

}  // namespace teal::rollout
