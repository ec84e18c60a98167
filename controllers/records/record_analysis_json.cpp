#include "controllers/records/record_analysis_json.hpp"

namespace teal {
namespace {

namespace json = boost::json;

json::object one(const AnalysisRecord& analysis) {
  json::object out;
  out["name"] = analysis.name;
  if (analysis.value) out["value"] = *analysis.value;
  out["limit"] = analysis.limit;
  out["state"] = to_string(analysis.state);
  out["failures"] = analysis.failures;
  out["answer"] = analysis.answer;
  if (analysis.at) out["at"] = format_time(*analysis.at);
  return out;
}

AnalysisRecord read_one(const JsonReader& reader) {
  constexpr AnalysisState all[] = {AnalysisState::Passing, AnalysisState::Failing, AnalysisState::NoData};
  AnalysisRecord analysis;
  analysis.name = reader.text("name");
  if (reader.has("value")) analysis.value = reader.number<double>("value");
  analysis.limit = reader.text("limit");
  analysis.state = reader.one_of("state", all);
  analysis.failures = reader.number<int>("failures");
  analysis.answer = reader.text("answer");
  analysis.at = reader.optional_time("at");
  return analysis;
}

}  // namespace

json::array to_json(const std::vector<AnalysisRecord>& analysis) {
  json::array all;
  for (const auto& each : analysis) all.push_back(one(each));
  return all;
}

std::vector<AnalysisRecord> read_analysis(const JsonReader& reader) {
  std::vector<AnalysisRecord> analysis;
  for (const auto& item : reader.items("analysis")) analysis.push_back(read_one(item));
  return analysis;
}

}  // namespace teal
