#include "cli/presentation/table.hpp"

#include <algorithm>

namespace teal::cli {

std::string Table::shown(const Cell& cell, const std::string& heading, const Screen& screen) const {
  if (cell.text.empty()) return "-";
  auto text = screen.text(cell.text);
  const auto limit = std::ranges::find(limits_, heading, [](const auto& each) { return each.first; });
  return limit == limits_.end() || screen.width == 0 ? text : cut(text, limit->second, screen);
}

std::string Table::render(const Screen& screen) const {
  std::vector<std::vector<std::string>> texts;
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(columns_of(heading));
  for (const auto& row : rows_) {
    auto& line = texts.emplace_back();
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      line.push_back(shown(i < row.size() ? row[i] : Cell{}, headings_[i], screen));
      widths[i] = std::max(widths[i], columns_of(line.back()));
    }
  }
  std::string out;
  const auto put = [&](std::size_t column, const std::string& text, Style style) {
    out += screen.paint(text, style);
    if (column + 1 < headings_.size()) {
      out.append(widths[column] - columns_of(text) + 3, ' ');
    } else {
      out += '\n';
    }
  };
  for (std::size_t i = 0; i < headings_.size(); ++i) put(i, headings_[i], Style::Dim);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (std::size_t i = 0; i < headings_.size(); ++i) {
      put(i, texts[row][i], i < rows_[row].size() ? rows_[row][i].style : Style::Plain);
    }
  }
  return out;
}

}  // namespace teal::cli
