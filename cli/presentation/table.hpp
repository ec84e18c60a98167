// Aligned columns, the first line their headings.
#pragma once

#include <string>
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

  // Cells that are missing or empty are shown as "-".
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string render(const Screen& screen) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace teal::cli
