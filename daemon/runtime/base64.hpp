// Base64 as RFC 4648 has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace teal {

[[nodiscard]] std::string encode_base64(std::string_view bytes);
// With or without padding; line breaks are left out. Nothing for what is no base64.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace teal
