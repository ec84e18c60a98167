// Teal's own probes: of each replica directly, and of an application through its load balancers.
//
// The monitor probes in the background and keeps k-of-n counts in memory; after a restart of teald they start at zero,
// so nothing counts as healthy that this process has not seen healthy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/world/health.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/spec/application.hpp"

namespace teal::ports {

struct ProbeTarget {
  std::string container_id;  // counts belong to this; another container of the same name starts anew
  std::string component;
  std::string address;
  spec::HealthCheck check;
  bool settled = false;  // probed every `interval`; otherwise (starting, or just failed) faster, to learn sooner

  bool operator==(const ProbeTarget&) const = default;
};

struct TrafficTarget {
  std::string component;
  std::string load_balancer;
  std::string backend;  // whose servers are to answer
  std::string url;      // where the load balancer's traffic enters, without the check's path
  spec::HealthCheck check;
  int per_second = 5;  // probes

  bool operator==(const TrafficTarget&) const = default;
};

class Health {
 public:
  virtual ~Health() = default;
  // Replaces the set of targets of one application; the counts of those that stay are kept.
  virtual void watch(const std::string& application, std::vector<ProbeTarget> targets) = 0;
  virtual void watch_traffic(const std::string& application, std::vector<TrafficTarget> targets) = 0;
  [[nodiscard]] virtual std::optional<world::HealthView> view(const std::string& container_id) const = 0;
  // Counts over all of the application's traffic targets since the last call.
  [[nodiscard]] virtual world::TrafficView take_traffic(const std::string& application) = 0;
};

}  // namespace teal::ports
