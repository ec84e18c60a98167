// Aligned columns, the first line their headings.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/presentation/screen.hpp"

namespace teal::cli {

struct Cell {
  std::string text;  // as it came; made safe when the table is rendered
  Style style = Style::Plain;
};

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

  // On a screen with an edge the column takes so many columns at most, so that one long cell does not push those behind
  // it away from all rows; what is cut shows it. Elsewhere nothing is cut.
  void limit(std::string_view heading, std::size_t columns) { limits_.emplace_back(heading, columns); }
  // Cells that are missing or empty are shown as "-".
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string render(const Screen& screen) const;

 private:
  [[nodiscard]] std::string shown(const Cell& cell, const std::string& heading, const Screen& screen) const;

  std::vector<std::string> headings_;
  std::vector<std::pair<std::string, std::size_t>> limits_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace teal::cli
