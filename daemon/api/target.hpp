// A request's target, taken apart: path segments and query parameters, percent-decoded once.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::api {

struct Target {
  std::vector<std::string> segments;  // "/" has none
  std::map<std::string, std::string> query;
};

// Origin form only ("/path?query"). Errors: invalid, when it holds anything but valid UTF-8 without control characters,
// or a query parameter twice. Nothing is normalised: "..", "//" and "%2F" stay what they are and match no route.
[[nodiscard]] Result<Target> parse_target(std::string_view target);

}  // namespace teal::api
