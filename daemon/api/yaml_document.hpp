// A YAML text, or JSON as its subset, as a JSON value: what server-side apply takes, which may be a part of a manifest.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "manifests/foundation/result.hpp"

namespace teal::api {

// Errors: invalid, saying where. What readers of YAML differ on stays text as it is written (1.10 is no 1.1).
[[nodiscard]] Result<boost::json::value> yaml_document(std::string_view text);

}  // namespace teal::api
