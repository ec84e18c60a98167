// The downtime meter: the effect of a rollout on requests, from teald's own probes and the load balancers' counters.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Adds what was observed since the last pass to the record's counts.
void count_traffic(Pass& pass);

}  // namespace teal::rollout
