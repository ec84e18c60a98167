// Load balancers that do not answer, and backends whose checks all fail, as events tell of them.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// One event once a load balancer has not answered for a second, or not so that it can be understood, and one when it
// does again. A shorter silence is a restart, or an answer that others' changes tore apart.
void report_silences(Pass& pass);

// The same of backends that send requests on although the checks of all their servers fail.
void report_failing_open(Pass& pass);

}  // namespace teal::rollout
