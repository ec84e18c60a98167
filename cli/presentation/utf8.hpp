// Text, one Unicode character at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace teal::cli {

struct Character {
  std::uint32_t point = 0;
  bool valid = true;  // false: `bytes` is one byte that is no UTF-8
  std::string_view bytes;
};

// Takes the first character off; `rest` must not be empty.
[[nodiscard]] Character take_character(std::string_view& rest);

// True for what a terminal or a reader may take for something else: control characters (C0, DEL, C1), direction
// overrides, invisible characters, line and paragraph separators.
[[nodiscard]] bool must_be_shown_as_code(std::uint32_t point);

// 0 for combining marks, 2 for East Asian wide characters and emoji, else 1.
[[nodiscard]] std::size_t columns_of_character(std::uint32_t point);

}  // namespace teal::cli
