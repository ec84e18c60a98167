// Amounts of memory, Kubernetes style.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"

namespace teal::spec {

// "512Mi", "1.5Gi", "1G", "134217728" → bytes. Units: k M G T (1000) and Ki Mi Gi Ti (1024). Error: invalid, naming the
// text.
[[nodiscard]] Result<std::int64_t> parse_memory(std::string_view text);

// The shortest such text with a whole number: 536870912 is "512Mi".
[[nodiscard]] std::string format_memory(std::int64_t bytes);

}  // namespace teal::spec
