#include "manifests/parse/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "manifests/foundation/text.hpp"
#include "manifests/foundation/utf16.hpp"
#include "manifests/parse/tree.hpp"

namespace teal::yaml {
namespace {

// A tab, or one that looks like a space and comes with a text that was copied: U+00A0, U+3000, those of U+20.., a BOM.
bool is_odd_blank(std::string_view text) {
  auto rest = text;
  const auto point = rest.empty() ? 0U : take_character(rest).point;
  return point == '\t' || point == 0xA0 || point == 0x3000 || point == 0xFEFF || (point >= 0x2000 && point <= 0x200F) ||
         point == 0x202F || point == 0x205F || point == 0x2060;
}

}  // namespace

SourceText::SourceText(std::string_view text, std::size_t most) : text_(text), most_(most) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  line_starts_.push_back(0);
  if (text_.size() > most_) return;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::optional<SourceText::Problem> SourceText::problem() const {
  constexpr std::string_view expected = "expected a text file in UTF-8";
  if (text_.size() > most_) {
    return Problem{
        {}, fmt::format("the file has {} bytes; at most {} ({} MiB) are read", text_.size(), most_, most_ >> 20U), {}};
  }
  if (is_utf16(text_)) return Problem{{}, "the file is in UTF-16, as Windows writes it: save it as UTF-8", {}};
  if (const auto marker = conflict_marker(); marker != std::string_view::npos) {
    return Problem{position(marker),
                   "a conflict of a merge that was not resolved: edit the file until none of its lines begins with "
                   "<<<<<<< or >>>>>>>",
                   {}};
  }
  for (std::size_t i = 0; i < text_.size();) {
    const auto byte = static_cast<unsigned char>(text_[i]);
    const bool line_end = byte == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    if ((byte < 0x20 && byte != '\n' && byte != '\t' && !line_end) || byte == 0x7F) {
      return Problem{position(i), fmt::format("control character 0x{:02x}: {}", byte, expected),
                     fmt::format("a control character: {}", expected)};
    }
    auto rest = text_.substr(i);
    const auto character = take_character(rest);
    if (!character.valid) {
      return Problem{position(i), fmt::format("byte 0x{:02x} is not valid UTF-8: {}", byte, expected),
                     fmt::format("not valid UTF-8: {}", expected)};
    }
    i += character.bytes.size();
  }
  return std::nullopt;
}

// In YAML no line can begin like that: where text may hold anything, it is indented.
std::size_t SourceText::conflict_marker() const {
  for (const auto start : line_starts_) {
    const auto line = text_.substr(start);
    if (line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) return start;
  }
  return std::string_view::npos;
}

std::size_t SourceText::offset(int line, int column) const {
  const auto row = std::min(static_cast<std::size_t>(std::max(line, 0)), line_starts_.size() - 1);
  return std::min(line_starts_[row] + static_cast<std::size_t>(std::max(column, 0)), text_.size());
}

Position SourceText::position(std::size_t offset) const {
  const auto after = std::ranges::upper_bound(line_starts_, offset);
  const auto start = *(after - 1);
  const auto end = std::min(offset, text_.size());
  if (counted_from_ != start || counted_to_ > end) {
    counted_from_ = counted_to_ = start;
    counted_ = 0;
  }
  for (; counted_to_ < end; ++counted_to_) counted_ += is_within_character(text_[counted_to_]) ? 0 : 1;
  return {static_cast<int>(after - line_starts_.begin()), 1 + counted_};
}

bool SourceText::is_unterminated(std::size_t offset) const {
  auto rest = text_.substr(std::min(offset, text_.size()));
  if (rest.starts_with('!')) {
    rest.remove_prefix(std::min(rest.find_first_of(" \t\r\n"), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  }
  if (!rest.starts_with('"') && !rest.starts_with('\'')) return false;  // a block scalar needs no end
  const char quote = rest.front();
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      if (quote == '"' || i + 1 >= rest.size() || rest[i + 1] != '\'') return false;
      ++i;
    }
  }
  return true;
}

std::optional<std::size_t> SourceText::odd_indentation(std::size_t offset) const {
  const auto row = std::ranges::upper_bound(line_starts_, offset) - line_starts_.begin() - 1;
  for (auto line = row; line >= 0 && line >= row - 1; --line) {
    const auto start = line_starts_[static_cast<std::size_t>(line)];
    const auto first = std::min(text_.find_first_not_of(' ', start), text_.size());
    if (is_odd_blank(text_.substr(first))) return first;
  }
  return std::nullopt;
}

std::size_t SourceText::dash_before(std::size_t offset) const {
  auto line_end = std::min(offset, text_.size());
  while (line_end > 0) {
    const auto newline = text_.rfind('\n', line_end - 1);
    const auto start = newline == std::string_view::npos ? 0 : newline + 1;
    const auto line = text_.substr(start, line_end - start);
    const auto code = line.substr(0, line.find(" #"));  // a comment may hold a dash of its own
    const auto dash = code.find_last_of('-');
    if (dash != std::string_view::npos && !code.starts_with('#')) return start + dash;
    if (newline == std::string_view::npos) break;
    line_end = newline;
  }
  return offset;
}

}  // namespace teal::yaml
