// The phases on the path, from Migrating to the end, each a function over a Pass: act, then leave when the evidence is
// there.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

void migrating(Pass& pass);
void starting(Pass& pass);
void introducing(Pass& pass);
void verifying(Pass& pass);
void withdrawing(Pass& pass);
void retiring(Pass& pass);
void awaiting_approval(Pass& pass);

}  // namespace teal
