// The latest result of one analysis of the bake.
#pragma once

#include <boost/describe/enum.hpp>
#include <optional>
#include <string>

#include "manifests/foundation/time.hpp"
#include "manifests/foundation/words.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

BOOST_DEFINE_ENUM_CLASS(AnalysisState, Passing, Failing, NoData)

struct AnalysisRecord {
  std::string name;
  std::optional<double> value;
  std::string limit;  // "max 0.01"
  AnalysisState state = AnalysisState::NoData;
  int failures = 0;  // consecutive
  std::string answer;
  std::optional<Time> at;  // of the answer; none: not asked

  bool operator==(const AnalysisRecord&) const = default;
};

template <class V>
void describe(V& v, wire::Is<AnalysisRecord> auto& analysis) {
  v.type("Analysis");
  v("name", analysis.name);
  v("value", analysis.value);
  v("limit", analysis.limit);
  v("state", analysis.state);
  v("failures", analysis.failures);
  v("answer", analysis.answer);
  v("at", analysis.at);
}

}  // namespace teal::objects
