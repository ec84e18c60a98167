// PromQL queries that are evaluated while a new revision bakes.
//
// The analyst queries in the background and keeps the latest result of each query; a slow or unavailable Prometheus
// blocks nothing. Counts are in memory: after a restart of teald they start at zero, so nothing passes or fails on
// results that this process has not seen.
#pragma once

#include <string>
#include <vector>

#include "controllers/world/analysis.hpp"

namespace teal::ports {

class Analyst {
 public:
  virtual ~Analyst() = default;
  // Replaces the set of targets of one application; the counts of those that stay are kept.
  virtual void watch(const std::string& application, std::vector<world::AnalysisTarget> targets) = 0;
  // Those that have been answered at least once, no answer in time included.
  [[nodiscard]] virtual std::vector<world::AnalysisView> view(const std::string& application) const = 0;
};

}  // namespace teal::ports
