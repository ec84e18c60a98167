#include "daemon/runtime/secret_text.hpp"

#include "manifests/foundation/text.hpp"

namespace teal::runtime {
std::optional<std::string_view> defect_of_value(std::string_view text) {
  if (text.find('\0') != text.npos) return "it holds a NUL byte";
  if (!is_utf8(text)) return "it is not valid UTF-8";
  return std::nullopt;
}

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  return text;
}

}  // namespace teal::runtime
