#include "controllers/world/analysis.hpp"

#include <fmt/format.h>

#include "manifests/foundation/words.hpp"

namespace teal::world {

std::string_view to_string(objects::AnalysisState state) { return name_of(state); }

objects::AnalysisState judge(const spec::Analysis& analysis, std::optional<double> value) {
  if (!value) return objects::AnalysisState::NoData;
  const bool too_much = analysis.max && *value > *analysis.max;
  const bool too_little = analysis.min && *value < *analysis.min;
  return too_much || too_little ? objects::AnalysisState::Failing : objects::AnalysisState::Passing;
}

bool counts_as_failure(const spec::Analysis& analysis, objects::AnalysisState state) {
  switch (state) {
    case objects::AnalysisState::Passing:
      return false;
    case objects::AnalysisState::Failing:
      return true;
    case objects::AnalysisState::NoData:
      return analysis.on_no_data == spec::OnNoData::Fail;
  }
  return true;
}

std::string limit_text(const spec::Analysis& analysis) {
  const auto min = analysis.min ? fmt::format("min {}", *analysis.min) : std::string{};
  const auto max = analysis.max ? fmt::format("max {}", *analysis.max) : std::string{};
  return min.empty() || max.empty() ? min + max : min + ", " + max;
}

}  // namespace teal::world
