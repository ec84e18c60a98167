// How far a pull is, as the store keeps it and the API shows it.
#pragma once

#include <boost/json/object.hpp>

#include "controllers/records/json_reader.hpp"
#include "controllers/world/container.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const PullProgress& progress);
[[nodiscard]] PullProgress read_pull(const JsonReader& reader);

}  // namespace teal
