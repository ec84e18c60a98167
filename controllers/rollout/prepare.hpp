// Pending and Preparing: may this rollout start, and is everything there that it needs?
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

void pending(Pass& pass);
void preparing(Pass& pass);

}  // namespace teal
