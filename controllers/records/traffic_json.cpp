#include "controllers/records/traffic_json.hpp"

#include <boost/json/array.hpp>

namespace teal {
namespace {

namespace json = boost::json;

json::object counts_json(const std::map<std::string, std::uint64_t>& counts) {
  json::object out;
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

std::map<std::string, std::uint64_t> read_counts(const JsonReader& parent, std::string_view key) {
  std::map<std::string, std::uint64_t> counts;
  if (!parent.has(key)) return counts;
  const JsonReader reader = parent.child(key);
  for (const auto& name : reader.keys()) counts[name] = reader.number<std::uint64_t>(name);
  return counts;
}

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

json::object traffic_json(const TrafficCount& traffic) {
  json::object out;
  out["probes"] = traffic.probes;
  out["failed"] = traffic.failed;
  json::object latency;  // by step; most are empty
  for (std::size_t i = 0; i < LatencyCounts::steps; ++i) {
    if (traffic.latency.counts[i] > 0) latency[std::to_string(i)] = traffic.latency.counts[i];
  }
  out["latency"] = std::move(latency);
  out["longestMicroseconds"] = traffic.latency.longest.count();
  out["errors"] = counts_json(traffic.errors);
  out["seenErrors"] = counts_json(traffic.seen_errors);
  return out;
}

TrafficCount traffic_from_json(const JsonReader& reader) {
  TrafficCount traffic;
  traffic.probes = reader.number<std::uint64_t>("probes");
  traffic.failed = reader.number<std::uint64_t>("failed");
  if (reader.has("latency")) {
    const JsonReader latency = reader.child("latency");
    for (std::size_t i = 0; i < LatencyCounts::steps; ++i) {
      const auto step = std::to_string(i);
      if (latency.has(step)) traffic.latency.counts[i] = latency.number<std::uint64_t>(step);
    }
  }
  if (reader.has("longestMicroseconds")) {
    traffic.latency.longest = std::chrono::microseconds{reader.number<std::int64_t>("longestMicroseconds")};
  }
  traffic.errors = read_counts(reader, "errors");
  traffic.seen_errors = read_counts(reader, "seenErrors");
  return traffic;
}

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
