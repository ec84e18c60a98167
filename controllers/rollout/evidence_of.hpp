// Takes down what is seen of the rollout that fails, before anything of it is removed.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

// Replaces what was taken down before; it is evidence of `reason`.
void take_evidence(Pass& pass, const std::string& reason);

}  // namespace teal
