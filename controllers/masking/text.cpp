#include "controllers/masking/text.hpp"

namespace teal {
namespace {

constexpr std::string_view ellipsis = "…";

// Bytes of the character that `text` begins with; 0: it is none that may be shown.
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = at(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80) return 0;
  }
  // No second form of a shorter one, no surrogate, nothing past U+10FFFF, and none of C1.
  if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F)) return 0;
  if ((lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F)) return 0;
  if (lead == 0xC2 && at(1) < 0xA0) return 0;
  return size;
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string out;
  while (!text.empty()) {
    const auto size = character(text);
    const auto taken = size == 0 ? 1 : size;
    if (out.size() + taken > longest) {
      while (!out.empty() && out.size() + ellipsis.size() > longest) {
        while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80) out.pop_back();
        if (!out.empty()) out.pop_back();
      }
      return out.append(ellipsis);
    }
    size == 0 ? out.push_back('?') : (void)out.append(text.substr(0, size));
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace teal
