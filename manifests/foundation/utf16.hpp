// Recognising a file that was saved in UTF-16, to say so: what is wrong with single bytes of it helps nobody.
#pragma once

#include <string_view>

namespace teal {

// Whether a file's bytes are UTF-16, as PowerShell's `>` and Windows' editors write it: with its byte order mark, or
// with ASCII characters of two bytes at its beginning. No text in UTF-8 looks like that.
[[nodiscard]] bool is_utf16(std::string_view bytes);

}  // namespace teal
