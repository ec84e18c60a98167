// The API's own description as OpenAPI 3.0.
#pragma once

#include <boost/json/object.hpp>

namespace teal::api {

[[nodiscard]] boost::json::object api_description();

}  // namespace teal::api
