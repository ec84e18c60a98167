// Analysis during the bake: compares what Prometheus returns for the new revision with the limits in the manifest.
//
// It starts with Verifying. A value beyond its limit `failures` times in a row counts as a failed health check; the
// bake does not end while an analysis is failing, has not been queried yet, or has no data and is set to Hold. A
// permanent Hold is ended by the phase's deadline. A comparison needs both revisions running; without an old one it
// passes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Said by plan, `teald --check` and the rollout itself, of an application with an analysis.
inline constexpr std::string_view needs_analyst =
    "spec.rollout.analysis needs a Prometheus: add prometheus: {url: http://host:9090} to teald.yaml, restart teald "
    "and "
    "retry, or remove the analysis";

struct AnalysisReport {
  std::optional<Why> broken;   // the new revision is to be given up
  std::optional<Why> pending;  // why the bake may not end; none: it may
  std::string summary;         // "error-rate 0.002 (max 0.01)"; empty without an analysis
};

// What is to be asked now; none when nothing bakes.
[[nodiscard]] std::vector<world::AnalysisTarget> analysis_targets(const records::RolloutRecord& record);

// Notes the newest answers in the record.
[[nodiscard]] AnalysisReport analyse(Pass& pass);

}  // namespace teal::rollout
