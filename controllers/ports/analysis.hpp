// PromQL that is asked while a new revision bakes.
//
// The analyst asks in the background and keeps the newest answer of each; a Prometheus that is slow or down holds
// nothing up. Counts are in memory: after a restart of teald they start at zero, so nothing passes that this process
// has not seen pass, and nothing fails for what another has seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/application.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

enum class AnalysisState { Passing, Failing, NoData };

struct AnalysisTarget {
  Analysis analysis;
  std::string query;      // its placeholders filled in, for the new revision
  std::string old_query;  // for the old one: the value is then new − old; empty unless compareToOld

  bool operator==(const AnalysisTarget&) const = default;
};

struct AnalysisView {
  AnalysisTarget target;
  std::optional<double> value;  // finite; none: no data
  AnalysisState state = AnalysisState::NoData;
  int failures = 0;    // consecutive, up to now, of the answers that count as one
  std::string answer;  // in short: "0.02", "no data: the query found nothing", "no answer: connection refused"
  Time at{};           // of the answer
};

class Analyst {
 public:
  virtual ~Analyst() = default;
  // Replaces the set of targets of one application; the counts of those that stay are kept.
  virtual void watch(const std::string& application, std::vector<AnalysisTarget> targets) = 0;
  // Those that have been answered at least once, no answer in time included.
  [[nodiscard]] virtual std::vector<AnalysisView> view(const std::string& application) const = 0;
};

[[nodiscard]] std::string_view to_string(AnalysisState state);

// Within max and min, both included; without a value there is no data.
[[nodiscard]] AnalysisState judge(const Analysis& analysis, std::optional<double> value);
// A value beyond its limit, and no data where that is to fail.
[[nodiscard]] bool counts_as_failure(const Analysis& analysis, AnalysisState state);
// "max 0.01", "min 1", "min 1, max 5"
[[nodiscard]] std::string limit_text(const Analysis& analysis);

}  // namespace teal
