// Spans of time, in whole milliseconds.
#pragma once

#include <chrono>
#include <string>

namespace teal {

using Duration = std::chrono::milliseconds;

// As Go and Kubernetes write it, the shortest such text: 90 s is "1m30s".
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace teal
