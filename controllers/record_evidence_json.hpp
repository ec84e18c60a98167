// Evidence of a failure, as the store's and the API's JSON.
#pragma once

#include <boost/json/object.hpp>

#include "controllers/evidence.hpp"
#include "controllers/json_reader.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const Evidence& evidence);
[[nodiscard]] Evidence read_evidence(const JsonReader& reader);

}  // namespace teal
