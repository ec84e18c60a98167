#include "daemon/runtime/base64.hpp"

#include <array>
#include <cstdint>

namespace teal {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto piece = bytes.substr(i, 3);
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      value = value << 8 | (j < piece.size() ? static_cast<unsigned char>(piece[j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) text += j <= piece.size() ? digits[value >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t value = 0;
  int bits = 0;
  std::size_t count = 0;
  bool ended = false;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ended = true;
      continue;
    }
    const auto digit = digits.find(c);
    if (ended || digit == digits.npos) return std::nullopt;
    ++count;
    value = (value << 6 | static_cast<std::uint32_t>(digit)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(value >> bits & 0xff);
    }
  }
  if (count % 4 == 1) return std::nullopt;
  return bytes;
}

}  // namespace teal
