#include "manifests/masking/mask_statements.hpp"

#include <algorithm>

#include "manifests/masking/mask_records.hpp"
#include "manifests/masking/mask_values.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t not_found = std::string_view::npos;
constexpr std::size_t longest_before = 64;
constexpr std::size_t longest_line_of_netrc = 256;
constexpr std::size_t longest_dollar_tag = 64;
constexpr std::size_t longest_quoted = 4096;

bool is_word(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

std::string_view before(std::string_view text, std::size_t end, std::size_t most) {
  const auto from = end - std::min(end, most);
  return text.substr(from, end - from);
}

bool holds_any(std::string_view text, std::string_view upper, std::string_view lower) {
  return text.find(upper) != not_found || text.find(lower) != not_found;
}

// $$…$$, $tag$…$tag$ of PostgreSQL.
std::optional<TextSpan> inside_dollars(std::string_view text, std::size_t at) {
  const auto closes = text.substr(0, std::min(text.size(), at + longest_dollar_tag)).find('$', at + 1);
  if (closes == not_found) return std::nullopt;
  const auto tag = text.substr(at, closes + 1 - at);
  if (tag.find_first_of(" \t\n'\"") != not_found) return std::nullopt;
  const auto from = closes + 1;
  const auto most = text.substr(0, std::min(text.size(), from + longest_quoted));
  return TextSpan{from, std::min(most.find(tag, from), most.size())};
}

}  // namespace

std::optional<TextSpan> statement_secret(std::string_view text, std::size_t blank) {
  const auto value = blank + 1;
  if (value >= text.size()) return std::nullopt;
  const auto name = name_before(text, text.find_last_not_of(" \t\n", blank) + 1);
  const bool is_by = is_word(name.text, "by");
  if (!is_by && !is_word(name.text, "password")) return std::nullopt;
  const auto words = before(text, name.from, longest_before);
  if (is_by && !holds_any(words, "IDENTIFIED", "identified")) return std::nullopt;
  if (quote_at(text, value) > 0) return inside_quotes(text, value);
  if (text[value] == '$') return inside_dollars(text, value);
  const auto line = before(text, name.from, longest_line_of_netrc);
  const bool is_netrc = !is_by && line.find("machine ") != not_found && line.find("login ") != not_found;
  // "identified by its name" is a sentence.
  const bool is_statement = is_by && words.ends_with("IDENTIFIED ");
  if ((!is_netrc && !is_statement) || is_space(text[value])) return std::nullopt;
  return TextSpan{value, std::min(text.find_first_of(" \t\r\n;\"'", value), text.size())};
}

}  // namespace teal::masking
