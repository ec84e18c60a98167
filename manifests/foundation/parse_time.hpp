// Parses times and durations as people write them. Separate from time.hpp, which does not need Result.
#pragma once

#include <optional>
#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

// Any RFC 3339 text, fractions beyond milliseconds cut off. Error: invalid.
[[nodiscard]] Result<Time> parse_time(std::string_view text);
// As HTTP has it: "Tue, 14 Nov 2023 22:14:00 GMT". Nothing for another text.
[[nodiscard]] std::optional<Time> parse_http_time(std::string_view text);

// Go and Kubernetes style: "500ms", "2s", "15m", "1h30m", "0s". Error: invalid, naming the text.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

}  // namespace teal
