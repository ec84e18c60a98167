#include "daemon/runtime/secret_text.hpp"

#include "manifests/foundation/text.hpp"
#include "manifests/foundation/utf16.hpp"

namespace teal::runtime {
std::optional<std::string_view> defect_of_value(std::string_view text) {
  if (is_utf16(text)) return "it is in UTF-16, as Windows writes it: save it as UTF-8";
  if (text.find('\0') != text.npos) return "it holds a NUL byte";
  if (!is_utf8(text)) return "it is not valid UTF-8";
  return std::nullopt;
}

std::string_view without_newline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  return text;
}

std::string_view value_in_file(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return without_newline(text);
}

}  // namespace teal::runtime
