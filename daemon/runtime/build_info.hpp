// Build information of this binary.
#pragma once

#include <string_view>

namespace teal::runtime {

[[nodiscard]] std::string_view build_version();   // "0.1.0"
[[nodiscard]] std::string_view build_revision();  // of the source: "1390b81", or "unknown"

}  // namespace teal::runtime
