#include "manifests/masking/mask_forms.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "manifests/foundation/digest.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t longest_in_hex = 4096;
constexpr std::uint32_t no_break_space = 0xA0;

// C0, a blank, DEL, and what UTF-8 begins those further up with.
constexpr auto blank_beginnings = [] {
  std::array<char, 0x21 + 4> all{};
  for (std::size_t i = 0; i <= 0x20; ++i) all[i] = static_cast<char>(i);
  std::ranges::copy(std::array{'\x7F', '\xC2', '\xE2', '\xEF'}, all.begin() + 0x21);
  return all;
}();
constexpr std::string_view may_begin_blank{blank_beginnings.data(), blank_beginnings.size()};

// The number that so many hex digits say.
std::optional<std::uint32_t> hex_number(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  std::uint32_t number = 0;
  const auto* end = text.data() + at + digits;
  const auto [stopped, error] = std::from_chars(text.data() + at, end, number, 16);
  return error == std::errc{} && stopped == end ? std::optional{number} : std::nullopt;
}

struct Piece {
  std::string text;
  std::size_t width = 0;  // of what it was written as; 0: it is nothing of the kind
};

Piece unicode_escape(std::string_view text, std::size_t at) {
  const auto first = hex_number(text, at + 2, 4);
  if (!first) return {};
  const bool is_high = *first >= 0xD800 && *first < 0xDC00;
  if (is_high && text.substr(at + 6, 2) == "\\u") {
    const auto second = hex_number(text, at + 8, 4);
    if (second && *second >= 0xDC00 && *second < 0xE000) {
      return {text_of_character(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00)), 12};
    }
  }
  return {text_of_character(*first), 6};
}

Piece escape(std::string_view text, std::size_t at) {
  if (text[at] != '\\' || at + 1 >= text.size()) return {};
  switch (const char c = text[at + 1]) {
    case 'u':
      return unicode_escape(text, at);
    case 'x': {
      const auto number = hex_number(text, at + 2, 2);
      return number ? Piece{std::string(1, static_cast<char>(*number)), 4} : Piece{};
    }
    case 'n':
      return {"\n", 2};
    case 'r':
      return {"\r", 2};
    case 't':
      return {"\t", 2};
    case 'b':
      return {"\b", 2};
    case 'f':
      return {"\f", 2};
    default: {
      const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\n';
      return is_plain ? Piece{} : Piece{std::string(1, c), 2};
    }
  }
}

Piece percent(std::string_view text, std::size_t at) {
  if (text[at] != '%') return {};
  const auto number = hex_number(text, at + 1, 2);
  return number ? Piece{std::string(1, static_cast<char>(*number)), 3} : Piece{};
}

Piece entity(std::string_view text, std::size_t at) {
  if (text[at] != '&') return {};
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> named{
      {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}}};
  for (const auto& [name, meaning] : named) {
    if (text.substr(at).starts_with(name)) return {std::string{meaning}, name.size()};
  }
  if (text.substr(at, 2) != "&#") return {};
  const bool is_hex = text.substr(at + 2, 1) == "x" || text.substr(at + 2, 1) == "X";
  const auto digits = text.substr(at + (is_hex ? 3U : 2U), 7);
  std::uint32_t number = 0;
  const auto [stopped, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, is_hex ? 16 : 10);
  const auto end = static_cast<std::size_t>(stopped - text.data());
  if (error != std::errc{} || end >= text.size() || text[end] != ';' || number > 0x10FFFF) return {};
  return {text_of_character(number), end + 1 - at};
}

Piece doubled(std::string_view text, std::size_t at) {
  constexpr std::string_view of_a_shell = "'\\''";
  if (text.substr(at).starts_with(of_a_shell)) return {"'", of_a_shell.size()};
  const bool is_double = std::string_view{"'\"$"}.find(text[at]) != std::string_view::npos && at + 1 < text.size() &&
                         text[at + 1] == text[at];
  return is_double ? Piece{std::string(1, text[at]), 2} : Piece{};
}

Piece piece_at(std::string_view text, std::size_t at, TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::Escapes:
      return escape(text, at);
    case TextEncoding::Percent:
      return percent(text, at);
    case TextEncoding::Form:
      return text[at] == '+' ? Piece{" ", 1} : percent(text, at);
    case TextEncoding::Entities:
      return entity(text, at);
    case TextEncoding::Lines:
      return text[at] == '\n' || text[at] == '\r' ? Piece{"", 1} : Piece{};
    case TextEncoding::Doubled:
      return doubled(text, at);
    case TextEncoding::Blanks: {
      auto rest = text.substr(at);
      const auto next = take_character(rest);
      const bool is_blank = next.point == ' ' || next.point == no_break_space || must_be_shown_as_code(next.point);
      return next.valid && is_blank ? Piece{"", next.bytes.size()} : Piece{};
    }
  }
  return {};
}

std::string_view marks_of(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::Escapes:
      return "\\";
    case TextEncoding::Percent:
      return "%";
    case TextEncoding::Form:
      return "+%";
    case TextEncoding::Entities:
      return "&";
    case TextEncoding::Lines:
      return "\n\r";
    case TextEncoding::Doubled:
      return "'\"$";
    case TextEncoding::Blanks:
      return may_begin_blank;
  }
  return {};
}

}  // namespace

std::vector<std::string> encoded_forms(std::string_view value) {
  std::vector<std::string> forms;
  for (std::size_t before = 0; before < 3; ++before) {
    const auto bytes = std::string(before, 'x') + std::string{value};
    const auto from = (before * 8 + 5) / 6;
    const auto to = bytes.size() * 8 / 6;
    for (const auto& text : {encode_base64(bytes), encode_base64url(bytes)}) {
      auto form = text.substr(from, to - from);
      if (forms.empty() || forms.back() != form) forms.push_back(std::move(form));
    }
  }
  if (value.size() > longest_in_hex) return forms;
  forms.push_back(hex(value));
  auto upper = forms.back();
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  forms.push_back(std::move(upper));
  return forms;
}

DecodedText as_it_stands(std::string_view text) {
  DecodedText reading;
  reading.text = text;
  reading.places.resize(text.size());
  for (std::uint32_t i = 0; i < text.size(); ++i) reading.places[i] = {i, i + 1};
  return reading;
}

DecodedText taken_back(const DecodedText& reading, TextEncoding encoding) {
  const std::string_view text = reading.text;
  const auto marks = marks_of(encoding);
  auto next = text.find_first_of(marks);
  DecodedText result;
  if (next == text.npos) return result;
  result.text.reserve(text.size());
  result.places.reserve(text.size());
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    if (at < next) {
      result.text.append(text, at, next - at);
      result.places.insert(result.places.end(), reading.places.begin() + static_cast<std::ptrdiff_t>(at),
                           reading.places.begin() + static_cast<std::ptrdiff_t>(next));
      at = next;
      continue;
    }
    const auto piece = piece_at(text, at, encoding);
    any = any || piece.width > 0;
    const auto width = std::max<std::size_t>(piece.width, 1);
    const auto bytes = piece.width > 0 ? std::string_view{piece.text} : text.substr(at, 1);
    result.text += bytes;
    result.places.insert(result.places.end(), bytes.size(),
                         {reading.places[at].from, reading.places[at + width - 1].to});
    at += width;
    next = std::min(text.find_first_of(marks, at), text.size());
  }
  if (!any) return {};
  return result;
}

std::string without_blanks(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const auto piece = piece_at(value, 0, TextEncoding::Blanks);
    const auto width = std::max<std::size_t>(piece.width, 1);
    if (piece.width == 0) text += value.front();
    value.remove_prefix(width);
  }
  return text;
}

}  // namespace teal::masking
