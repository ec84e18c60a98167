// Points in time and durations. All of Teal counts in whole milliseconds of UTC wall-clock time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "manifests/result.hpp"

namespace teal {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Go and Kubernetes style: "500ms", "2s", "15m", "1h30m", "0s". Error: invalid, naming the text.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The shortest such text: 90 s is "1m30s".
[[nodiscard]] std::string format_duration(Duration duration);

// RFC 3339 in UTC with milliseconds: "2026-11-22T17:33:19.042Z".
[[nodiscard]] std::string format_time(Time time);
// Any RFC 3339 text, fractions beyond milliseconds cut off. Error: invalid.
[[nodiscard]] Result<Time> parse_time(std::string_view text);

}  // namespace teal
