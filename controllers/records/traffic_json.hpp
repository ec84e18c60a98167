// The downtime meter's counts as JSON: as they are stored, and as people read them.
#pragma once

#include <boost/json/object.hpp>

#include "controllers/records/json_reader.hpp"
#include "controllers/records/record.hpp"

namespace teal {

[[nodiscard]] boost::json::object traffic_json(const TrafficCount& traffic);
// Records from before latency and errors were counted lack them.
[[nodiscard]] TrafficCount traffic_from_json(const JsonReader& reader);
// Rollout.status.traffic.
[[nodiscard]] boost::json::object traffic_status(const TrafficCount& traffic);

}  // namespace teal
