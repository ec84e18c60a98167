#include "manifests/parse/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::yaml {
namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::size_t take_digits(std::string_view& rest) {
  std::size_t count = 0;
  while (!rest.empty() && (is_digit(rest.front()) || rest.front() == '_')) {
    rest.remove_prefix(1);
    ++count;
  }
  return count;
}

bool looks_like_number(std::string_view text) {
  auto rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  const auto word = lower(rest);
  if (word == ".inf" || word == ".nan") return true;
  if (word.starts_with("0x") || word.starts_with("0o") || word.starts_with("0b")) {
    return word.size() > 2 && word.find_first_not_of("0123456789abcdef_", 2) == std::string::npos;
  }
  if (!rest.empty() && rest.front() == '_') return false;
  const auto whole = take_digits(rest);
  std::size_t fraction = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole + fraction == 0) return false;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
    if (take_digits(rest) == 0) return false;
  }
  return rest.empty();
}

// -?(0|[1-9][0-9]*), then what `rest` keeps.
bool take_plain_integer(std::string_view& rest) {
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (rest.empty() || !is_digit(rest.front())) return false;
  const bool zero = rest.front() == '0';
  const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (zero && end > 1) return false;
  rest.remove_prefix(end);
  return true;
}

}  // namespace

Plain classify(std::string_view text) {
  static constexpr std::array<std::string_view, 6> bools{"true", "false", "yes", "no", "on", "off"};
  if (text.size() <= 5) {
    const auto word = lower(text);
    if (word.empty() || word == "~" || word == "null") return Plain::Null;
    if (std::ranges::find(bools, word) != bools.end()) return Plain::Bool;
  }
  return looks_like_number(text) ? Plain::Number : Plain::Text;
}

std::optional<bool> strict_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> strict_integer(std::string_view text) {
  auto rest = text;
  if (!take_plain_integer(rest) || !rest.empty()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> strict_number(std::string_view text) {
  auto rest = text;
  if (!take_plain_integer(rest)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace teal::yaml
