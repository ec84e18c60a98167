#include "manifests/masking/mask_records.hpp"

#include <algorithm>

#include "manifests/foundation/text.hpp"
#include "manifests/masking/mask_values.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t none = std::string_view::npos;
constexpr std::size_t longest_member_name = 64;
constexpr std::size_t longest_record = 256;  // to each side of a member
constexpr std::size_t least_record = 32;     // looking for its ends costs something, too
constexpr std::size_t longest_tag = 256;
constexpr std::size_t longest_list = 1U << 16U;

bool is_in_member_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.' || c == '-';
}

bool ends_lower(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  return std::ranges::equal(text.substr(text.size() - lower.size()), lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

bool is_called_value(std::string_view name) { return ends_lower(name, "value"); }
bool is_called_name(std::string_view name) { return ends_lower(name, "name") || ends_lower(name, "key"); }

std::size_t behind_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t", at), text.size());
}

std::size_t line_end(std::string_view text, std::size_t at) { return std::min(text.find('\n', at), text.size()); }

// What a member stands in: {…} of JSON, <…> of XML, neighbouring lines of YAML, else a word: Name=…,Value=… .
TextSpan record_around(std::string_view text, const MemberName& name, std::size_t separator) {
  const auto least = name.from - std::min(name.from, longest_record);
  const auto before = text.substr(least, name.from - least);
  const auto most = text.substr(0, std::min(text.size(), separator + longest_record));
  if (text[separator] == ':' && !name.quoted) {
    const auto line = before.rfind('\n');
    const auto line_before = line == none || line == 0 ? none : before.rfind('\n', line - 1);
    const auto from = line == none || line_before == none ? least : least + line_before + 1;
    return {from, line_end(most, std::min(line_end(most, separator) + 1, most.size()))};
  }
  const auto opens = before.find_last_of(text[separator] == ':' ? "{}" : "{}<>\n");
  if (opens != none && (before[opens] == '{' || before[opens] == '<')) {
    auto value = behind_blanks(most, separator + 1);
    if (quote_at(most, value) > 0) value = inside_quotes(most, value).to;
    return {least + opens, std::min(most.find_first_of(before[opens] == '{' ? "}" : ">", value), most.size())};
  }
  if (text[separator] == ':') return {separator, separator};
  const auto blank = before.find_last_of(" \t\n\"'");
  return {blank == none ? least : least + blank + 1, std::min(most.find_first_of(" \t\n\"'", separator), most.size())};
}

TextSpan member_value(std::string_view text, std::size_t separator) {
  const auto value = behind_blanks(text, separator + 1);
  if (quote_at(text, value) > 0) return inside_quotes(text, value);
  return {value, std::min(text.find_first_of(" \t\r\n,;}>/", value), text.size())};
}

// Whether a record holds another member than the one at `but` that is called so and has such a value. Nothing: it was
// too much effort.
template <class IsCalled, class IsValue>
std::optional<bool> holds_member(std::string_view text, TextSpan record, std::size_t but, Effort& effort,
                                 IsCalled is_called, IsValue is_value) {
  if (!effort.spend(record.to - record.from)) return std::nullopt;
  const auto within = text.substr(0, record.to);
  for (auto at = within.find_first_of(":=", record.from); at != none; at = within.find_first_of(":=", at + 1)) {
    if (at == but) continue;
    const auto name = name_before(within, at);
    if (name.from < record.from || !is_called(name.text)) continue;
    const auto value = member_value(within, at);
    if (!effort.spend(value.to - value.from)) return std::nullopt;
    if (is_value(within.substr(value.from, value.to - value.from))) return true;
  }
  return false;
}

// The column of a name that stands first in its line, behind "- " too.
std::optional<std::size_t> column_of(std::string_view text, const MemberName& name) {
  auto begin = name.from - (name.quoted ? 1 : 0);
  const auto column_end = begin;
  while (begin > 0 && (is_blank(text[begin - 1]) || text[begin - 1] == '-')) --begin;
  if (begin > 0 && text[begin - 1] != '\n') return std::nullopt;
  return column_end - begin;
}

bool is_item(std::string_view line) { return line.starts_with("- ") || line == "-"; }

// Another mapping, whose names speak for themselves.
bool is_member(std::string_view line) {
  if (line.starts_with('"') || line.starts_with('\'')) return inside_quotes(line, 0).to + 1 < line.size();
  return line.find(": ") != none || line.ends_with(':');
}

std::string_view without_end(std::string_view line) {
  const auto last = line.find_last_not_of(" \t\r");
  return line.substr(0, last == none ? 0 : last + 1);
}

}  // namespace

MemberName name_before(std::string_view text, std::size_t end) {
  MemberName name;
  if (end > 0 && is_quote(text[end - 1])) {
    name.quoted = true;
    --end;
    if (end > 0 && text[end - 1] == '\\') --end;
  }
  auto from = end;
  while (from > 0 && end - from <= longest_member_name && is_in_member_name(text[from - 1])) --from;
  name.from = from;
  name.text = text.substr(from, end - from);
  return name;
}

bool is_value_of_secret(std::string_view text, const MemberName& name, std::size_t separator, const NameTells& tells,
                        Effort& effort) {
  if (!is_called_value(name.text)) return false;
  if (!effort.spend(least_record)) return true;
  return holds_member(text, record_around(text, name, separator), separator, effort, is_called_name, tells)
      .value_or(true);
}

bool names_member_beside(std::string_view text, const MemberName& name, std::size_t separator, Effort& effort) {
  if (!is_called_name(name.text)) return false;
  if (!effort.spend(least_record)) return false;
  const auto any = [](std::string_view /*value*/) { return true; };
  return holds_member(text, record_around(text, name, separator), separator, effort, is_called_value, any)
      .value_or(false);
}

std::optional<TextSpan> element_secret(std::string_view text, std::size_t at, const NameTells& tells, Effort& effort) {
  const auto most = text.substr(0, std::min(text.size(), at + longest_tag));
  const auto closes = most.find('>', at);
  if (closes == none || closes == at + 1 || most[closes - 1] == '/') return std::nullopt;
  auto end_of_name = at + 1;
  while (end_of_name < closes && (is_in_member_name(most[end_of_name]) || most[end_of_name] == ':')) ++end_of_name;
  const auto name = most.substr(at + 1, end_of_name - at - 1);
  if (name.empty()) return std::nullopt;
  const bool is_named = tells(name.substr(name.find(':') + 1));
  if (!is_named && !holds_member(most, {end_of_name, closes}, none, effort, is_called_name, tells).value_or(true))
    return std::nullopt;
  auto from = closes + 1;
  constexpr std::string_view inner = "<value>";
  if (text.substr(from).starts_with(inner)) from += inner.size();
  constexpr std::string_view verbatim = "<![CDATA[";
  const bool is_verbatim = text.substr(from).starts_with(verbatim);
  if (is_verbatim) from += verbatim.size();
  const auto to = is_verbatim ? std::min(text.find("]]>", from), text.size()) : text.find('<', from);
  if (to == none || to == from || (!is_verbatim && !text.substr(to).starts_with("</"))) return std::nullopt;
  return TextSpan{from, to};
}

bool begins_block(std::string_view text, std::size_t value) {
  if (text[value] != '|' && text[value] != '>') return false;
  const auto end = text.find_first_not_of("+-0123456789", value + 1);
  const auto next = end == none ? text.size() : behind_blanks(text, end);
  return next < text.size() && (text[next] == '\n' || text[next] == '\r' || (text[next] == '#' && next > end));
}

std::optional<TextSpan> lines_below(std::string_view text, const MemberName& name, std::size_t value,
                                    bool with_members) {
  const auto column = column_of(text, name);
  if (!column) return std::nullopt;  // before the line's end is looked for: many names may stand in a long line
  const auto first_end = line_end(text, value);
  if (first_end == text.size()) return std::nullopt;
  const auto first = without_end(text.substr(value, first_end - value));
  if (first.starts_with('{') || first.starts_with('[')) return std::nullopt;
  const bool is_scalar = !first.empty();
  std::optional<TextSpan> span;
  for (auto line = first_end + 1; line < text.size();) {
    const auto end = line_end(text, line);
    const auto begin = behind_blanks(text, line);
    const auto words = without_end(text.substr(std::min(begin, end), end - std::min(begin, end)));
    if (!words.empty()) {
      const bool is_deeper = begin - line > *column || (begin - line == *column && first.empty() && is_item(words));
      if (!is_deeper || (!is_scalar && !with_members && !span && !is_item(words) && is_member(words))) break;
      const auto item = is_item(words) ? std::min<std::size_t>(2, words.size()) : 0;
      span = TextSpan{span ? span->from : begin + item, begin + words.size()};
    }
    line = end + 1;
  }
  return span;
}

std::optional<TextSpan> inside_brackets(std::string_view text, std::size_t at) {
  const auto most = text.substr(0, std::min(text.size(), at + longest_list));
  std::size_t depth = 0;
  for (auto i = at; i < most.size(); ++i) {
    const bool opens = std::string_view{"[{,: \t\n"}.find(most[i - std::min<std::size_t>(i, 1)]) != none;
    if (opens && quote_at(most, i) > 0) {
      i = std::max(i, inside_quotes(most, i).to + quote_at(most, i) - 1);
    } else if (most[i] == '[' || most[i] == '{') {
      ++depth;
    } else if ((most[i] == ']' || most[i] == '}') && --depth == 0) {
      return i > at + 1 ? std::optional{TextSpan{at + 1, i}} : std::nullopt;
    }
  }
  return TextSpan{at + 1, most.size()};
}

}  // namespace teal::masking
