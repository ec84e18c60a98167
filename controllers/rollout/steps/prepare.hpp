// Pending and Preparing: may this rollout start, and is everything there that it needs?
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

void pending(Pass& pass);
void preparing(Pass& pass);

// What the very image of a revision can be pulled by: "registry/shop@sha256:…"; empty when it cannot: no registry's
// digest, or pullPolicy Never.
[[nodiscard]] std::string recorded_reference(const Revision& revision);

}  // namespace teal
