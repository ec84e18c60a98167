// Spans of time, in whole milliseconds.
#pragma once

// Of the standard's <chrono> only clocks and durations: the calendar, which brings the streams with it, is 14,000 lines
// that nearly every unit would read. Whoever needs it includes <chrono>.
#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
#include <string>

namespace teal {

using Duration = std::chrono::milliseconds;

// As Go and Kubernetes write it, the shortest such text: 90 s is "1m30s".
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace teal
