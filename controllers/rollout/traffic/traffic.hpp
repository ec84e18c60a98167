// The downtime meter: the effect of a rollout on requests, from teald's own probes and the load balancers' counters.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Adds what was observed since the last pass to the record's counts.
void count_traffic(Pass& pass);

// A component whose load balancer is probed through, while somebody else answers the probes: its own servers were given
// no request at all since Verifying began, or none while the newest probe was answered. None where the load balancer
// does not count requests.
[[nodiscard]] const spec::Component* unreached(const Pass& pass);

// A component whose servers are given so many requests by others that nothing shows yet whether the probes are among
// them. More probes will show it; where others ask without a pause they do not, and after many it is obscured only
// `with_lasting`.
[[nodiscard]] const spec::Component* obscured(const Pass& pass, bool with_lasting);

}  // namespace teal::rollout
