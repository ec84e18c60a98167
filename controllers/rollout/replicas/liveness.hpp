// Replicas that run but do not respond: the equivalent of a liveness probe.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Asks one replica of the revision that serves to stop when it has failed its check ten times as often in a row as
// makes it unhealthy; `bring_up` replaces it. One at a time, and only beside another replica of its component that is
// well: if all fail the same way it is a dependency, which no restart fixes. What a load balancer still sends traffic
// to stays (T1); `set_aside` takes it out long before.
void replace_hung(Pass& pass, const records::Revision& revision);

// Somebody asked for another try: replicas of the target that are not well are replaced, so that they read again what
// may have been fixed. Decided here, done by `bring_up`.
void recreate_unhealthy(Pass& pass);

}  // namespace teal::rollout
