// The downtime meter: what a rollout did to requests, as teald's own probes and the load balancers' counters tell.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Adds what was observed since the last pass to the record's counts.
void count_traffic(Pass& pass);

}  // namespace teal::rollout
