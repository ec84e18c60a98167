#include "manifests/foundation/text.hpp"

#include <fmt/format.h>
#include <utf8cpp/utf8.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace teal {
namespace {

constexpr std::size_t longest_character = 4;

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
  const auto* begin = rest.data();
  const auto lead = static_cast<unsigned char>(*begin);
  Character found{lead, true, rest.substr(0, 1)};
  if (lead >= 0x80) {
    found.valid = utf8::find_invalid(begin, begin + std::min(rest.size(), longest_character)) != begin;
    if (found.valid) {
      const auto* end = begin;
      found.point = utf8::unchecked::next(end);
      found.bytes = {begin, end};
    }
  }
  rest.remove_prefix(found.bytes.size());
  return found;
}

std::string text_of_character(std::uint32_t point) {
  const bool is_one = point <= 0x10ffff && !within(point, 0xd800, 0xdfff);
  std::string text;
  utf8::unchecked::append(is_one ? point : 0xfffdU, std::back_inserter(text));
  return text;
}

std::string_view first_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  auto end = most;
  while (end > 0 && most - end + 1 < longest_character && is_within_character(text[end])) --end;
  return text.substr(0, is_within_character(text[end]) ? most : end);
}

std::string_view last_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  text.remove_prefix(text.size() - most);
  std::size_t begin = 0;
  while (begin < text.size() && begin + 1 < longest_character && is_within_character(text[begin])) ++begin;
  return text.substr(begin);
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
    out += piece.valid ? piece.bytes : replacement_character;
  }
  return out;
}

std::string printable(std::string_view text) { return shown(text, false); }

std::string printable_path(std::string_view path) { return shown(path, true); }

}  // namespace teal
