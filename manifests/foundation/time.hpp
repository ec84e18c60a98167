// Points in time: UTC wall-clock time in whole milliseconds.
#pragma once

#include <string>

#include "manifests/foundation/duration.hpp"

namespace teal {

using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// RFC 3339 in UTC with milliseconds: "2026-11-22T17:33:19.042Z".
[[nodiscard]] std::string format_time(Time time);

}  // namespace teal
