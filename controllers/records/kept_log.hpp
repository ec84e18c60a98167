// How much container output is kept after removal, and how a truncated log is marked.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace teal::records {

inline constexpr std::size_t kept_log_bytes = 256 * 1024;  // of each, unless teald.yaml says otherwise

// The end of a text, at most `most` bytes with a first line that says so; begins with a whole line where lines are not
// too long, else with a whole character.
[[nodiscard]] std::string truncated_log(std::string_view text, std::size_t most);

}  // namespace teal::records
