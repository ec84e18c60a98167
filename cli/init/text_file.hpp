// A file that a Compose file names, as text.
#pragma once

#include <cstddef>
#include <string>

#include "manifests/foundation/result.hpp"

namespace teal::cli {

inline constexpr std::size_t largest_named_file = 1U << 20U;

// Regular files only: a device or a pipe could go on for ever. Errors: not_found; denied; invalid (a folder, a device,
// more than 1 MiB).
[[nodiscard]] Result<std::string> text_of_file(const std::string& path);

}  // namespace teal::cli
