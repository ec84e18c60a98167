// Parses the response to "show servers state BE;show stat BE 4 -1" into servers.
#pragma once

#include <string_view>
#include <vector>

#include "controllers/ports/load_balancer.hpp"

namespace teal::haproxy {

// Columns are found by their names, so a HAProxy that has more or fewer is understood. Errors: not_found (no such
// backend), unavailable (the end of the answer is missing), invalid (not the answer of a HAProxy: other columns, no
// numbers, not the same servers in both tables, as when somebody adds one in between), conflict (no statistics of this
// backend: a frontend may bear its name).
[[nodiscard]] Result<std::vector<world::Server>> parse_servers(std::string_view answer, std::string_view backend);

}  // namespace teal::haproxy
