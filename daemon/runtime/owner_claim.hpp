// Which owner (the id of a store) this process acts as, so that no two on one machine act as the same: neither two with
// copies of one store, nor one whose store was lost beside one that runs.
//
// Rests on the kernel: an abstract Unix socket is gone with the process that holds it. It is not seen from another
// network namespace.
#pragma once

#include <string>

#include "daemon/runtime/descriptor.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::runtime {

// Held for as long as the descriptor is. Errors: conflict, when another process of root or of our own user holds it;
// unavailable, also when anybody else does, who must not be able to keep a teald from starting.
[[nodiscard]] Result<Descriptor> claim_owner(const std::string& owner);

}  // namespace teal::runtime
