// Ends containers: one stop signal, its grace period, then removal with the output kept.
#pragma once

#include <functional>

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Decides on the one stop signal of a running container, and on sending it again only when the engine has no record of
// it: a second one kills some applications at once. Returns the moment from which its grace counts.
Time send_stop(Pass& pass, const world::Container& container, const std::string& signal);

// True once the container is gone from the engine. Call only when `withdraw` has let go of it.
void retire(Pass& pass, const world::Container& container);

// Withdraws and retires every serving container that `which` picks; true when there is none.
bool dispose(Pass& pass, bool may_drain, const std::function<bool(const world::Container&)>& which);

// Removes ended and never-started job containers of revisions that need them no more.
void remove_ended_jobs(Pass& pass, const std::function<bool(const world::Container&)>& which);

}  // namespace teal::rollout
