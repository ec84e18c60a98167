#include "controllers/records/traffic_status.hpp"

namespace teal {
namespace {

namespace json = boost::json;

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

json::object traffic_status(const TrafficCount& traffic) {
  json::object out;
  out["probes"] = traffic.probes;
  out["failed"] = traffic.failed;
  if (!traffic.latency.empty()) {
    json::object latency;
    latency["p50"] = seconds(traffic.latency.percentile(0.5));
    latency["p99"] = seconds(traffic.latency.percentile(0.99));
    latency["max"] = seconds(traffic.latency.longest);
    out["latencySeconds"] = std::move(latency);
  }
  std::uint64_t errors = 0;
  for (const auto& [component, count] : traffic.errors) errors += count;
  out["loadBalancerErrors"] = errors;
  return out;
}

}  // namespace teal
