#include "daemon/api/text.hpp"

#include <cstddef>

namespace teal::api {

bool is_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = at(i);
    std::size_t more = 0;
    unsigned low = 0x80;  // bounds of the second byte: no overlong forms, no surrogates, nothing past U+10FFFF
    unsigned high = 0xBF;
    if (lead >= 0x80) {
      if (lead >= 0xC2 && lead <= 0xDF)
        more = 1;
      else if (lead >= 0xE0 && lead <= 0xEF)
        more = 2;
      else if (lead >= 0xF0 && lead <= 0xF4)
        more = 3;
      else
        return false;
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xED) high = 0x9F;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    }
    if (text.size() - i <= more) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if (at(i + k) < low || at(i + k) > high) return false;
      low = 0x80;
      high = 0xBF;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace teal::api
