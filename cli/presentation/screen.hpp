// What the operator's terminal can show, and text made safe for it.
//
// Everything that came from a server goes through `text` or `lines`: control characters, escape sequences, direction
// overrides and broken UTF-8 are shown as \xNN or \uNNNN, never sent as they are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace teal::cli {

enum class Style { Plain, Good, Attention, Bad, Dim, Bold };

struct Screen {
  bool terminal = false;  // one that can be painted on; else a pipe, a file, or a dumb one
  bool color = false;
  bool unicode = true;     // else only ASCII is printed
  std::size_t width = 0;   // columns; 0: not limited
  std::size_t height = 0;  // rows; 0: not limited

  // One line: line breaks and tabs become spaces.
  [[nodiscard]] std::string text(std::string_view untrusted) const;
  // Line breaks and tabs stay.
  [[nodiscard]] std::string lines(std::string_view untrusted) const;
  // `safe` in a style's colour, when there are colours.
  [[nodiscard]] std::string paint(std::string_view safe, Style style) const;
};

// Of standard output, by isatty, NO_COLOR, TERM and the locale.
[[nodiscard]] Screen detect_screen();

// Columns that safe text takes; colours take none.
[[nodiscard]] std::size_t columns_of(std::string_view safe);

// Safe text cut to so many columns, colours kept and ended.
[[nodiscard]] std::string cut(std::string_view safe, std::size_t columns, const Screen& screen);

// The style of a phase, state or condition's word: "Complete" is good, "RolledBack" is bad.
[[nodiscard]] Style style_of(std::string_view word);

}  // namespace teal::cli
