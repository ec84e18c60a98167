// The answer to "show servers state BE;show stat BE 4 -1" → servers.
#pragma once

#include <string_view>
#include <vector>

#include "controllers/ports/load_balancer.hpp"

namespace teal::haproxy {

// Columns are found by their names, so a HAProxy that has more or fewer is understood. Errors: not_found (no such
// backend), invalid (not the answer of a HAProxy: truncated, other columns, no numbers).
[[nodiscard]] Result<std::vector<Server>> parse_servers(std::string_view answer);

}  // namespace teal::haproxy
