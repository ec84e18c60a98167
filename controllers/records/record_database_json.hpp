// What is remembered of a job's database, as JSON for the store.
#pragma once

#include <boost/json/object.hpp>

#include "controllers/records/json_reader.hpp"
#include "controllers/records/record.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const DatabaseRecord& record);
[[nodiscard]] DatabaseRecord read_database(const JsonReader& reader);

}  // namespace teal
