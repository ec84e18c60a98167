// The results of the bake's analysis as JSON, the same in the store and in the API.
#pragma once

#include <boost/json/array.hpp>
#include <vector>

#include "controllers/records/json_reader.hpp"
#include "controllers/records/record.hpp"

namespace teal {

// [{name, value?, limit, state, failures, answer, at?}]
[[nodiscard]] boost::json::array to_json(const std::vector<AnalysisRecord>& analysis);
// From "analysis" of the reader's object.
[[nodiscard]] std::vector<AnalysisRecord> read_analysis(const JsonReader& reader);

}  // namespace teal
