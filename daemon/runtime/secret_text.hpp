// Which texts can be the value of a variable.
#pragma once

#include <optional>
#include <string_view>

namespace teal::runtime {

// Why no environment variable can hold it, in words that do not quote it; none: it can.
[[nodiscard]] std::optional<std::string_view> defect_of_value(std::string_view text);

// Without the one newline at its end that an editor or `echo` adds, and no more than that.
[[nodiscard]] std::string_view without_newline(std::string_view text);

// The same of a file, without the byte order mark that Windows' editors put before it, too: nobody can see it, and no
// password begins with it.
[[nodiscard]] std::string_view value_in_file(std::string_view text);

}  // namespace teal::runtime
