// Parses the expiry of a token.
#pragma once

#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {

// "90d", "12h", "1d12h" from `now` on, or a moment as RFC 3339; in whole seconds. Error: invalid, for what is neither,
// is past, or lies beyond the year 9999.
[[nodiscard]] Result<Time> parse_expiry(std::string_view text, Time now);

}  // namespace teal::cli
