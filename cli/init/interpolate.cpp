#include "cli/init/interpolate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "manifests/foundation/text.hpp"

namespace teal::cli {
namespace {

using OnMissing = std::function<void(const std::string& name)>;

bool begins_name(char c) { return is_letter(c) || c == '_'; }

std::string_view take_name(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && (begins_name(text[end]) || (end > 0 && is_digit(text[end])))) ++end;
  const auto name = text.substr(0, end);
  text.remove_prefix(end);
  return name;
}

constexpr int deepest_form = 32;

// Of what stands behind "${": the brace that closes it, those within counted. npos: none does, or too many are within.
std::size_t closing_brace(std::string_view text) {
  int open = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${") && ++open > deepest_form) return text.npos;
    if (text[i] == '}' && --open == 0) return i;
  }
  return text.npos;
}

Error no_form(std::string_view why) {
  return {ErrorCode::invalid, fmt::format("{}: a dollar that is meant as one is written $$", why)};
}

// "NAME", "NAME:-default", …  NOLINTNEXTLINE(misc-no-recursion): each time within a shorter text
Result<std::string> value_of_form(std::string_view form, const Lookup& lookup, const OnMissing& on_missing) {
  const std::string name{take_name(form)};
  if (name.empty()) return no_form("a ${ without the name of a variable");
  const auto value = lookup(name);
  if (form.empty()) {
    if (!value) on_missing(name);
    return value.value_or("");
  }
  const bool empty_counts = form.starts_with(':');
  if (empty_counts) form.remove_prefix(1);
  if (form.empty()) return no_form(fmt::format("${{{}: what follows the colon has no meaning", name));
  const bool is_there = value && !(empty_counts && value->empty());
  const auto rest = form.substr(1);
  switch (form.front()) {
    case '-':
      return is_there ? Result<std::string>{*value} : interpolate(rest, lookup, on_missing);
    case '+':
      return is_there ? interpolate(rest, lookup, on_missing) : Result<std::string>{std::string{}};
    case '?':
      if (is_there) return *value;
      return Error{ErrorCode::invalid, fmt::format("the variable {} is needed and not set{}{}", name,
                                                   rest.empty() ? "" : ": ", printable(rest))};
    default:
      return no_form(fmt::format("${{{}…}} is of a form that has no meaning", name));
  }
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

class Dotenv {
 public:
  Dotenv(std::string_view text, const Lookup& lookup) : rest_(text), lookup_(lookup) {}

  Result<Variables> parse() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    while (!rest_.empty()) {
      const int line = line_ + 1;
      if (auto taken = take_line(); !taken) {
        return Error{taken.error().code, fmt::format("line {}: {}", line, taken.error().message)};
      }
    }
    return std::move(variables_);
  }

 private:
  std::string_view to_end_of_line() {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  Result<void> take_line() {
    ++line_;
    const auto line = rest_.substr(0, std::min(rest_.find('\n'), rest_.size()));
    auto words = without_blanks(line);
    if (words.empty() || words.starts_with('#')) return static_cast<void>(to_end_of_line()), Result<void>{};
    if (words.starts_with("export ")) words = without_blanks(words.substr(7));
    const auto equals = std::min(words.find('='), words.find(": "));
    const std::string name{without_blanks(words.substr(0, equals))};
    if (name.empty() || name.find_first_of(" \t\"'") != name.npos) {
      return Error{ErrorCode::invalid, "expected NAME=value"};
    }
    if (equals == words.npos) {
      to_end_of_line();
      if (auto value = lookup_(name)) variables_[name] = std::move(*value);
      return {};
    }
    const auto start = static_cast<std::size_t>(words.data() - rest_.data()) + equals + 1;
    rest_.remove_prefix(start);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    auto value = take_value();
    if (!value) return value.error();
    variables_[name] = std::move(*value);
    return {};
  }

  Result<std::string> take_value() {
    if (rest_.starts_with('\'') || rest_.starts_with('"')) return take_quoted(rest_.front());
    auto value = to_end_of_line();
    const auto comment = [&]() -> std::size_t {
      for (std::size_t i = 1; i < value.size(); ++i) {
        if (value[i] == '#' && (value[i - 1] == ' ' || value[i - 1] == '\t')) return i;
      }
      return value.starts_with('#') ? 0 : value.npos;
    }();
    return replaced(without_blanks(value.substr(0, comment)));
  }

  Result<std::string> take_quoted(char quote) {
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '\n') ++line_;
      if (c == quote) {
        rest_.remove_prefix(i + 1);
        to_end_of_line();
        return quote == '"' ? replaced(text) : Result<std::string>{text};
      }
      if (c == '\\' && i + 1 < rest_.size() && (quote == '"' || rest_[i + 1] == '\'')) {
        text += quote == '"' ? escaped(rest_[i + 1]) : std::string{rest_[i + 1]};
        ++i;
      } else {
        text += c;
      }
    }
    return Error{ErrorCode::invalid, "a quote is never closed"};
  }

  static std::string escaped(char c) {
    switch (c) {
      case 'n':
        return "\n";
      case 'r':
        return "\r";
      case 't':
        return "\t";
      case '$':
        return "$$";
      case '"':
      case '\\':
        return {c};
      default:
        return {'\\', c};
    }
  }

  Result<std::string> replaced(std::string_view text) const {
    const Lookup lookup = [this](const std::string& name) {
      auto found = lookup_(name);
      const auto own = variables_.find(name);
      if (!found && own != variables_.end()) found = own->second;
      return found;
    };
    return interpolate(text, lookup, [](const std::string&) {});
  }

  std::string_view rest_;
  const Lookup& lookup_;
  Variables variables_;
  int line_ = 0;
};

}  // namespace

// NOLINTNEXTLINE(misc-no-recursion): defaults hold shorter texts
Result<std::string> interpolate(std::string_view text, const Lookup& lookup, const OnMissing& on_missing) {
  std::string out;
  for (;;) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == text.npos) return out;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out += '$';
      text.remove_prefix(1);
    } else if (text.starts_with('{')) {
      const auto end = closing_brace(text.substr(1));
      if (end == text.npos) return no_form("a ${ is never closed, or stands 32 deep in others");
      auto value = value_of_form(text.substr(1, end), lookup, on_missing);
      if (!value) return value;
      out += *value;
      text.remove_prefix(end + 2);
    } else if (!text.empty() && begins_name(text.front())) {
      const std::string name{take_name(text)};
      const auto value = lookup(name);
      if (!value) on_missing(name);
      out += value.value_or("");
    } else {
      out += '$';
    }
  }
}

Result<Variables> parse_dotenv(std::string_view text, const Lookup& lookup) { return Dotenv{text, lookup}.parse(); }

}  // namespace teal::cli
