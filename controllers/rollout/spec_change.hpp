// A newer spec while a rollout is under way, or after it has ended.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// What only changes how much or how is taken over in place; what changes the revision supersedes the rollout while the
// old replicas still serve, and waits for its end once they do not.
void apply_spec_change(Pass& pass);

}  // namespace teal::rollout
