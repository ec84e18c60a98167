// Spans of time, in whole milliseconds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"

namespace teal {

using Duration = std::chrono::milliseconds;

// Go and Kubernetes style: "500ms", "2s", "15m", "1h30m", "0s". Error: invalid, naming the text.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The shortest such text: 90 s is "1m30s".
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace teal
