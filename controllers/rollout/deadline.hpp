// A phase that makes no progress for `deadline` is given up.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal {

// Call once the phase has done what it could in this pass. Time that does not count (Excuse) and time in which nobody
// looked is left out; the first look after such a time gives nothing up.
void check_deadline(Pass& pass);

}  // namespace teal
