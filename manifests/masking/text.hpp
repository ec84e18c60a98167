// Untrusted text, made safe to keep and to show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace teal::masking {

// Valid UTF-8 without control characters, each byte that would not be is a '?'. At most `longest` bytes, cut between
// two characters; what was cut ends with "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest);

}  // namespace teal::masking
