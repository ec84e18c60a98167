// The downtime meter: the effect of a rollout on requests, from teald's own probes and the load balancers' counters.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Adds what was observed since the last pass to the record's counts.
void count_traffic(Pass& pass);

// A component whose load balancer is probed through, while its own servers were given no request at all since Verifying
// began: somebody else answers the probes. None where the load balancer does not count requests.
[[nodiscard]] const spec::Component* unreached(const Pass& pass);

}  // namespace teal::rollout
