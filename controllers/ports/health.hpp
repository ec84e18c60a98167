// Teal's own probes: of each replica directly, and of an application through its load balancers.
//
// The monitor probes in the background and keeps k-of-n counts in memory; after a restart of teald they start at zero,
// so nothing is believed healthy that this process has not seen healthy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controllers/ports/latency.hpp"
#include "manifests/application.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

struct ProbeTarget {
  std::string container_id;  // counts belong to this; another container of the same name starts anew
  std::string component;
  std::string address;
  HealthCheck check;
  bool settled = false;  // probed every `interval`; otherwise (starting, or just failed) faster, to learn sooner

  bool operator==(const ProbeTarget&) const = default;
};

struct HealthView {
  int successes = 0;               // consecutive, up to now
  int failures = 0;                // consecutive, up to now
  bool ever = false;               // it reached check.successes once
  std::string answer;              // the last answer in short: "200", "503: database unreachable", "connection refused"
  bool wants_credentials = false;  // it answered 401 or 403
  std::string body;                // the head of the last answer's body when that was a failure, printable; else empty
};

struct TrafficTarget {
  std::string component;
  std::string load_balancer;
  std::string url;  // where the load balancer's traffic enters, without the check's path
  HealthCheck check;
  int per_second = 5;  // probes

  bool operator==(const TrafficTarget&) const = default;
};

struct TrafficView {
  std::uint64_t probes = 0;  // since the last `take_traffic`
  std::uint64_t failed = 0;
  LatencyCounts latency;  // of those probes, failed ones too
  int successes = 0;      // consecutive, up to now; survives `take_traffic`
  int failures = 0;
  std::string answer;  // the last failure's, else the last answer
};

class Health {
 public:
  virtual ~Health() = default;
  // Replaces the set of targets of one application; the counts of those that stay are kept.
  virtual void watch(const std::string& application, std::vector<ProbeTarget> targets) = 0;
  virtual void watch_traffic(const std::string& application, std::vector<TrafficTarget> targets) = 0;
  [[nodiscard]] virtual std::optional<HealthView> view(const std::string& container_id) const = 0;
  // Counts over all of the application's traffic targets since the last call.
  [[nodiscard]] virtual TrafficView take_traffic(const std::string& application) = 0;
};

}  // namespace teal
