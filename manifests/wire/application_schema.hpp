// manifests/schema/application.schema.json, which a test holds to be this; tests/schema prints it.
#pragma once

#include <boost/json/object.hpp>

namespace teal::wire {

[[nodiscard]] boost::json::object application_schema();

}  // namespace teal::wire
