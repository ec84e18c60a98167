#include "manifests/masking/mask_values.hpp"

#include <algorithm>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t nowhere = std::string_view::npos;
constexpr std::size_t longest_key = 64;
constexpr std::size_t longest_segment = 1024;  // between semicolons

bool is_in_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.' || c == '-';
}

std::size_t end_of_line(std::string_view text, std::size_t at) { return std::min(text.find('\n', at), text.size()); }

// "name=" of a parameter, "Some Name=" of ADO.
bool begins_pair(std::string_view text, std::size_t at, bool with_blanks) {
  const auto most = std::min(text.size(), at + longest_key);
  const auto begin = at;
  while (at < most && (is_in_key(text[at]) || (with_blanks && is_blank(text[at])))) ++at;
  return at > begin && at < text.size() && text[at] == '=';
}

// A quote ends what is around the value only when something like an end follows: o'neill does not.
bool closes(std::string_view text, std::size_t at) {
  return at + 1 >= text.size() || is_space(text[at + 1]) ||
         std::string_view{",;:)]}\"'&|<>\\"}.find(text[at + 1]) != nowhere;
}

// "Server=db;Password=a b;Timeout=3": a value ends with the semicolon, whatever else is in it.
bool is_ado(std::string_view text, std::size_t name, std::size_t at) {
  auto before = name;
  while (before > 0 && is_blank(text[before - 1])) --before;
  const bool is_first =
      before == 0 || text[before - 1] == '\n' || is_quote(text[before - 1]) || text[before - 1] == '=';
  if (is_first) {
    const auto semicolon = text.substr(0, std::min(text.size(), at + longest_segment)).find_first_of(";\n", at);
    return semicolon != nowhere && text[semicolon] == ';' && begins_pair(text, semicolon + 1, true);
  }
  if (text[before - 1] != ';') return false;
  const auto from = before - 1 - std::min(before - 1, longest_segment);
  const auto segment = text.substr(from, before - 1 - from);
  const auto begin = segment.find_last_of(";\n\"'");
  return begins_pair(segment, begin == nowhere ? 0 : begin + 1, true);
}

// {a;b} of ODBC and of JDBC for SQL Server, in which }} stands for a brace; 0 when it is none.
std::size_t end_of_braces(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '{') return 0;
  const auto most = text.substr(0, std::min(text.size(), at + longest_segment));
  for (auto end = most.find_first_of("}\n", at); end < most.size() && most[end] == '}';
       end = most.find_first_of("}\n", end + 1)) {
    const bool is_doubled = end + 1 < most.size() && most[end + 1] == '}';
    if (!is_doubled)
      return end + 1 == most.size() || most[end + 1] == ';' || is_quote(most[end + 1]) || is_space(most[end + 1])
                 ? end + 1
                 : 0;
    ++end;
  }
  return 0;
}

}  // namespace

std::size_t quote_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  if (is_quote(text[at])) return 1;
  return text[at] == '\\' && at + 1 < text.size() && is_quote(text[at + 1]) ? 2 : 0;
}

TextSpan inside_quotes(std::string_view text, std::size_t at) {
  const auto width = quote_at(text, at);
  const char quote = text[at + width - 1];
  const auto from = at + width;
  for (auto i = from; i < text.size() && text[i] != '\n'; ++i) {
    if (width == 2 && text[i] == '\\' && i + 1 < text.size()) {
      if (text[i + 1] == quote) return {from, i};
      i += text[i + 1] == '\\' && i + 3 < text.size() ? 3 : 1;  // a quote within: \\\"
    } else if (width == 1 && text[i] == '\\') {
      ++i;
    } else if (width == 1 && text[i] == quote) {
      if (i + 1 >= text.size() || text[i + 1] != quote) return {from, i};
      ++i;  // a doubled one stands for itself
    }
  }
  return {from, end_of_line(text, from)};
}

TextSpan assigned_value(std::string_view text, std::size_t name, std::size_t at) {
  const auto behind = at + secret_mask.size();
  const bool is_masked = text.substr(std::min(at, text.size())).starts_with(secret_mask);
  if (is_masked && (behind == text.size() || !is_in_key(text[behind]))) return {at, behind};  // somebody did it before
  if (const auto width = quote_at(text, at); width > 0) {
    const auto inside = inside_quotes(text, at);
    const bool is_closed = inside.to < text.size() && text[inside.to] != '\n';
    return {at, is_closed ? inside.to + width : inside.to};
  }
  if (const auto behind_brace = end_of_braces(text, at); behind_brace > 0) return {at, behind_brace};
  const char before = name > 0 ? text[name - 1] : '\0';
  const bool is_parameter = before == '?' || before == '&';
  const bool ado = !is_parameter && is_ado(text, name, at);
  auto end = at;
  for (; end < text.size() && text[end] != '\n'; ++end) {
    const char c = text[end];
    if (is_quote(c) && (is_parameter || closes(text, end))) break;
    if (c == '\\' && end + 1 < text.size() && is_quote(text[end + 1])) break;
    if (ado) {
      if (c == ';') break;
      continue;
    }
    if (c == '\\' && end + 1 < text.size() && is_blank(text[end + 1])) {
      ++end;  // libpq's and the shell's way to write a blank
      continue;
    }
    if (is_space(c) || (is_parameter && (c == '&' || c == '#'))) break;
    if (c == ',' && (end + 1 >= text.size() || is_space(text[end + 1]))) break;
    if (c == '&' && begins_pair(text, end + 1, false)) break;
    if (c == ';' && (end + 1 >= text.size() || is_space(text[end + 1]) || is_quote(text[end + 1]))) break;
  }
  return {at, end};
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_space(text[at]) && !(is_quote(text[at]) && closes(text, at)) &&
         !(text[at] == '\\' && at + 1 < text.size() && is_quote(text[at + 1])))
    ++at;
  return at;
}

}  // namespace teal::masking
