// The reference by which the image of a rollout's target can be pulled.
#pragma once

#include "controllers/records/record.hpp"

namespace teal::rollout {

// What the very image of a revision can be pulled by: "registry/shop@sha256:…"; empty when it cannot: no registry's
// digest, or pullPolicy Never.
[[nodiscard]] std::string recorded_reference(const records::Revision& revision);

}  // namespace teal::rollout
