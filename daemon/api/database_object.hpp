// What the API says of a job's database: who holds the lock, what the ledger says, what preflight found.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "controllers/records/record.hpp"

namespace teal::api {

[[nodiscard]] boost::json::object database_object(const DatabaseRecord& record);
[[nodiscard]] boost::json::array finding_objects(const std::vector<DatabaseFinding>& findings);

}  // namespace teal::api
