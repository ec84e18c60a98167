// Evidence of a failure, as the store's and the API's JSON.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "controllers/records/evidence.hpp"
#include "controllers/records/json_reader.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const Evidence& evidence);
[[nodiscard]] Evidence read_evidence(const JsonReader& reader);

[[nodiscard]] boost::json::array to_json(const std::vector<ServerEvidence>& servers);
// Of the list under `key`; none when it is not there.
[[nodiscard]] std::vector<ServerEvidence> read_servers(const JsonReader& reader, std::string_view key);

}  // namespace teal
