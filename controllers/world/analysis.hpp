// Results of Prometheus queries for a new revision while it bakes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/api/analysis.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/spec/application.hpp"

namespace teal::world {

struct AnalysisTarget {
  spec::Analysis analysis;
  std::string query;      // its placeholders filled in, for the new revision
  std::string old_query;  // for the old one: the value is then new − old; empty unless compareToOld

  bool operator==(const AnalysisTarget&) const = default;
};

struct AnalysisView {
  AnalysisTarget target;
  std::optional<double> value;  // finite; none: no data
  objects::AnalysisState state = objects::AnalysisState::NoData;
  int failures = 0;    // consecutive, up to now, of the answers that count as one
  std::string answer;  // in short: "0.02", "no data: the query found nothing", "no answer: connection refused"
  Time at{};           // of the answer
};

[[nodiscard]] std::string_view to_string(objects::AnalysisState state);

// Within max and min, both included; without a value there is no data.
[[nodiscard]] objects::AnalysisState judge(const spec::Analysis& analysis, std::optional<double> value);
// A value beyond its limit, and no data where that is to fail.
[[nodiscard]] bool counts_as_failure(const spec::Analysis& analysis, objects::AnalysisState state);
// "max 0.01", "min 1", "min 1, max 5"
[[nodiscard]] std::string limit_text(const spec::Analysis& analysis);

}  // namespace teal::world
