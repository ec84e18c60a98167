#include "controllers/world/analysis.hpp"

#include <fmt/format.h>

#include "manifests/wire/words.hpp"

namespace teal {

std::string_view to_string(AnalysisState state) { return name_of(state); }

AnalysisState judge(const Analysis& analysis, std::optional<double> value) {
  if (!value) return AnalysisState::NoData;
  const bool too_much = analysis.max && *value > *analysis.max;
  const bool too_little = analysis.min && *value < *analysis.min;
  return too_much || too_little ? AnalysisState::Failing : AnalysisState::Passing;
}

bool counts_as_failure(const Analysis& analysis, AnalysisState state) {
  switch (state) {
    case AnalysisState::Passing:
      return false;
    case AnalysisState::Failing:
      return true;
    case AnalysisState::NoData:
      return analysis.on_no_data == OnNoData::Fail;
  }
  return true;
}

std::string limit_text(const Analysis& analysis) {
  const auto min = analysis.min ? fmt::format("min {}", *analysis.min) : std::string{};
  const auto max = analysis.max ? fmt::format("max {}", *analysis.max) : std::string{};
  return min.empty() || max.empty() ? min + max : min + ", " + max;
}

}  // namespace teal
