// When to retry a request that a server did not accept.
#pragma once

#include <optional>
#include <string_view>

#include "manifests/foundation/time.hpp"

namespace teal::runtime {

// Retry-After as seconds or as an HTTP date; at most an hour.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view text, Time now);

// Before try number `tries` + 1: `first` doubled each time up to `longest`; `random` (0 to 1) takes up to half off.
[[nodiscard]] Duration backoff(int tries, Duration first, Duration longest, double random);

}  // namespace teal::runtime
