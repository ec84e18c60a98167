// Points in time: UTC wall-clock time in whole milliseconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "manifests/foundation/duration.hpp"
#include "manifests/foundation/result.hpp"

namespace teal {

using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// RFC 3339 in UTC with milliseconds: "2026-11-22T17:33:19.042Z".
[[nodiscard]] std::string format_time(Time time);
// Any RFC 3339 text, fractions beyond milliseconds cut off. Error: invalid.
[[nodiscard]] Result<Time> parse_time(std::string_view text);

}  // namespace teal
