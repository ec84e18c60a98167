// UTF-8 text, and untrusted bytes that may not be UTF-8: iterating over characters, where to truncate, and how to
// display invalid bytes and terminal control characters. utfcpp does the decoding and decides what is valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace teal {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }  // whatever the locale
[[nodiscard]] constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Character {
  std::uint32_t point = 0;
  bool valid = true;  // false: `bytes` is one byte that is no UTF-8
  std::string_view bytes;
};

// Takes the first character off; `rest` must not be empty.
[[nodiscard]] Character take_character(std::string_view& rest);

inline constexpr std::string_view replacement_character = "\uFFFD";

// The character's bytes; of the replacement character for what is none (a surrogate, past U+10FFFF).
[[nodiscard]] std::string text_of_character(std::uint32_t point);

// The second or a later byte of a character.
[[nodiscard]] constexpr bool is_within_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80;
}

// At most so many bytes of a text's beginning or end, not cut within a character; a little of what is no UTF-8 may go.
[[nodiscard]] std::string_view first_bytes(std::string_view text, std::size_t most);
[[nodiscard]] std::string_view last_bytes(std::string_view text, std::size_t most);

// True for what a terminal or a reader may take for something else: control characters (C0, DEL, C1), direction
// overrides, invisible characters, line and paragraph separators.
[[nodiscard]] bool must_be_shown_as_code(std::uint32_t point);

// 0 for combining marks, 2 for East Asian wide characters and emoji, else 1.
[[nodiscard]] std::size_t columns_of_character(std::uint32_t point);

[[nodiscard]] bool is_utf8(std::string_view text);

// The text with each byte that is no UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string valid_utf8(std::string text);

// One line of valid UTF-8 that steers nothing: other bytes and whatever must_be_shown_as_code as \xNN or \uNNNN. What
// is printable already stays as it is.
[[nodiscard]] std::string printable(std::string_view text);

// The same for a file's name or path, which may be any bytes. Two that differ stay different: a backslash is doubled.
[[nodiscard]] std::string printable_path(std::string_view path);

}  // namespace teal
