// The raw bytes of a file, before YAML parsing: whether they are text, and positions in it.
#pragma once

#include <optional>
#include <string_view>

#include "manifests/parse/report.hpp"

namespace teal::yaml {

class SourceText {
 public:
  // A byte order mark at the start is no part of the text, of which `most` bytes are allowed.
  SourceText(std::string_view text, std::size_t most);

  [[nodiscard]] std::string_view text() const { return text_; }

  struct Problem {
    Position position;
    std::string message;
    std::string plain;  // the same without the byte; empty: the message is
  };
  // The first thing that makes it no text that somebody meant: too long, invalid UTF-8, a NUL or another control
  // character, the marker of a merge conflict.
  [[nodiscard]] std::optional<Problem> problem() const;

  // Of a 0-based line and a 0-based column in bytes (yaml-cpp's count).
  [[nodiscard]] std::size_t offset(int line, int column) const;
  [[nodiscard]] Position position(std::size_t offset) const;

  // Whether the quoted scalar that begins here (behind its tag, if any) is never closed.
  [[nodiscard]] bool is_unterminated(std::size_t offset) const;
  // The first tab or blank of another kind among the blanks that the line of this offset, or the one before it, begins
  // with.
  [[nodiscard]] std::optional<std::size_t> odd_indentation(std::size_t offset) const;
  // The dash of the list item whose missing value was noticed at this offset.
  [[nodiscard]] std::size_t dash_before(std::size_t offset) const;

 private:
  [[nodiscard]] std::size_t conflict_marker() const;  // npos: there is none

  std::string_view text_;
  std::size_t most_;
  std::vector<std::size_t> line_starts_;
  // Where the last column was counted: places are asked for in order, and a hostile file is one line of 1 MiB.
  mutable std::size_t counted_from_ = 0;
  mutable std::size_t counted_to_ = 0;
  mutable int counted_ = 0;
};

}  // namespace teal::yaml
