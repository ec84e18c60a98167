#include "manifests/foundation/text.hpp"

#include <fmt/format.h>

#include <cstring>

namespace teal {
namespace {

bool within(std::uint32_t point, std::uint32_t first, std::uint32_t last) { return point >= first && point <= last; }

// How many bytes at the front are ASCII, in whole words: most of what is looked at is, and lists are long.
std::size_t ascii_words(std::string_view text) {
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  return size;
}

std::string shown(std::string_view text, bool double_backslash) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto piece = take_character(text);
    if (!piece.valid || (piece.point < 0x100 && must_be_shown_as_code(piece.point))) {
      out += fmt::format("\\x{:02x}", piece.point);
    } else if (must_be_shown_as_code(piece.point)) {
      out += fmt::format("\\u{:04x}", piece.point);
    } else {
      out += piece.bytes;
      if (double_backslash && piece.point == '\\') out += '\\';
    }
  }
  return out;
}

}  // namespace

Character take_character(std::string_view& rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const unsigned char lead = byte(0);
  std::size_t length = 1;
  std::uint32_t point = lead;
  std::uint32_t smallest = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2, point = lead & 0x1fU, smallest = 0x80;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3, point = lead & 0x0fU, smallest = 0x800;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, point = lead & 0x07U, smallest = 0x10000;
  }
  bool valid = lead < 0x80 || (length > 1 && rest.size() >= length);
  for (std::size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xc0U) == 0x80;
    point = point << 6U | (byte(i) & 0x3fU);
  }
  valid = valid && point >= smallest && point <= 0x10ffff && !within(point, 0xd800, 0xdfff);
  if (!valid) length = 1, point = lead;
  const Character found{point, valid, rest.substr(0, length)};
  rest.remove_prefix(length);
  return found;
}

bool must_be_shown_as_code(std::uint32_t point) {
  return point < 0x20 || within(point, 0x7f, 0x9f) || point == 0xad || within(point, 0x200b, 0x200f) ||
         within(point, 0x2028, 0x202e) || within(point, 0x2060, 0x206f) || point == 0xfeff ||
         within(point, 0xe0000, 0xe007f);
}

std::size_t columns_of_character(std::uint32_t point) {
  if (within(point, 0x300, 0x36f) || within(point, 0xfe00, 0xfe0f)) return 0;
  const bool wide = within(point, 0x1100, 0x115f) || within(point, 0x2e80, 0xa4cf) || within(point, 0xac00, 0xd7a3) ||
                    within(point, 0xf900, 0xfaff) || within(point, 0xfe30, 0xfe6f) || within(point, 0xff00, 0xff60) ||
                    within(point, 0xffe0, 0xffe6) || within(point, 0x1f300, 0x1faff) || within(point, 0x20000, 0x3fffd);
  return wide ? 2 : 1;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(ascii_words(text));
    if (text.empty()) break;
    if (!take_character(text).valid) return false;
  }
  return true;
}

std::string valid_utf8(std::string text) {
  if (is_utf8(text)) return text;
  std::string out;
  out.reserve(text.size() + 16);
  for (std::string_view rest = text; !rest.empty();) {
    const auto piece = take_character(rest);
    out += piece.valid ? piece.bytes : "\xEF\xBF\xBD";
  }
  return out;
}

std::string printable(std::string_view text) { return shown(text, false); }

std::string printable_path(std::string_view path) { return shown(path, true); }

}  // namespace teal
