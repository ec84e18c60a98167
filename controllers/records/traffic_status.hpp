// The traffic of a rollout as the API shows it.
#pragma once

#include <boost/json/object.hpp>

#include "controllers/records/record.hpp"

namespace teal {

// {probes, failed, latencySeconds: {p50, p99, max}, loadBalancerErrors}; latency is left out while there is none.
[[nodiscard]] boost::json::object traffic_status(const TrafficCount& traffic);

}  // namespace teal
