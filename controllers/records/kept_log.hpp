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

// Between the time at which a line was written and the line itself, where a log has times: no line begins with such a
// thing by itself.
inline constexpr char time_mark = '\x1f';

// A log as its program wrote it, and with its times ("2026-11-30T04:00:00.123456789Z the line").
[[nodiscard]] std::string without_times(std::string_view log);
[[nodiscard]] std::string with_times(std::string_view log);

}  // namespace teal::records
