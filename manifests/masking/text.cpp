#include "manifests/masking/text.hpp"

#include <algorithm>

#include "manifests/foundation/text.hpp"

namespace teal::masking {

std::string printable(std::string_view text, std::size_t longest) {
  constexpr std::string_view ellipsis = "…";
  std::string out;
  while (!text.empty()) {
    const auto next = take_character(text);
    const bool is_control = next.point < 0x20 || (next.point >= 0x7F && next.point < 0xA0);
    const auto shown = next.valid && !is_control ? std::string{next.bytes} : std::string(next.bytes.size(), '?');
    if (out.size() + shown.size() > longest) {
      return std::string{first_bytes(out, longest - std::min(longest, ellipsis.size()))}.append(ellipsis);
    }
    out += shown;
  }
  return out;
}

}  // namespace teal::masking
