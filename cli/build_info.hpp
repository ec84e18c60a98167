// Build information of this `teal`.
#pragma once

#include <string_view>

namespace teal::cli {

[[nodiscard]] std::string_view build_version();   // "0.1.0"
[[nodiscard]] std::string_view build_revision();  // "1390b81"

}  // namespace teal::cli
