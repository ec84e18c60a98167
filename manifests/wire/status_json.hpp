// `Application.status` as JSON, for those who serve it and those who read it.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "manifests/status.hpp"

namespace teal {

[[nodiscard]] boost::json::object to_json(const ApplicationStatus& status);

// What is missing, or of another kind than this release knows, is empty.
void read_status(const boost::json::value& value, ApplicationStatus& out);

}  // namespace teal
