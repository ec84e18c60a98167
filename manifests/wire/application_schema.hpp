// The content of manifests/schema/application.schema.json (a test compares them); tests/schema prints it.
#pragma once

#include <boost/json/object.hpp>

namespace teal::wire {

[[nodiscard]] boost::json::object application_schema();

}  // namespace teal::wire
