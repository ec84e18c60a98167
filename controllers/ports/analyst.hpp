// PromQL that is asked while a new revision bakes.
//
// The analyst asks in the background and keeps the newest answer of each; a Prometheus that is slow or down holds
// nothing up. Counts are in memory: after a restart of teald they start at zero, so nothing passes that this process
// has not seen pass, and nothing fails for what another has seen.
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
