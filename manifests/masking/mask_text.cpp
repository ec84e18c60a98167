#include "manifests/masking/mask_text.hpp"

#include <algorithm>
#include <optional>

#include "manifests/foundation/text.hpp"
#include "manifests/masking/mask_addresses.hpp"
#include "manifests/masking/mask_commands.hpp"
#include "manifests/masking/mask_records.hpp"
#include "manifests/masking/mask_shapes.hpp"
#include "manifests/masking/mask_statements.hpp"
#include "manifests/masking/mask_values.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/wire/json.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_argument = 256;

bool is_in_name(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-'; }
bool is_in_token(char c) { return is_in_name(c) || c == '~' || c == '+' || c == '/' || c == '='; }

bool equals_lower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

// Who has the signature of an address may do what it signs: Azure's sig, X-Amz-Signature.
bool is_signature(std::string_view name) {
  if (name.starts_with("u0026")) name.remove_prefix(5);
  const auto hyphen = name.rfind('-');
  if (hyphen != npos) name.remove_prefix(hyphen + 1);
  return equals_lower(name, "sig") || equals_lower(name, "signature");
}

class Finder {
 public:
  Finder(std::string_view text, TellingWords words)
      : text_(text),
        words_(words),
        effort_(text.size()),
        programs_(text),
        tells_(words == TellingWords::Manifest ? spec::sounds_secret : spec::sounds_secret_anywhere) {}

  std::vector<TextSpan> find() {
    spans_ = shaped_spans(text_);
    for (std::size_t at = text_.find_first_of(marks); at < text_.size(); at = text_.find_first_of(marks, at + 1)) {
      const auto end = look(at);
      if (end > at) at = end - 1;
    }
    return merged(std::move(spans_));
  }

 private:
  static constexpr std::string_view marks = "=:-@< ";

  // Of what stands before an @.
  std::size_t word_begin(std::size_t to) {
    for (; word_seen_ < to; ++word_seen_)
      if (std::string_view{" \t\n\"'="}.find(text_[word_seen_]) != npos) word_begin_ = word_seen_ + 1;
    return word_begin_;
  }

  // Where to go on: behind what was found.
  std::size_t look(std::size_t at) {
    switch (text_[at]) {
      case '=':
        return assignment(at);
      case ':':
        return starts_address(text_, at) > 0 ? add(address_secret(text_, at, effort_), at) : labelled(at);
      case '-':
        return option(at);
      case '<':
        return add(element_secret(text_, at, tells_, effort_), at);
      case '@':
        return add(secret_before_host(text_, word_begin(at), at, programs_, words_), at);
      default:
        return scheme_word(at);
    }
  }

  [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  std::size_t add(std::size_t from, std::size_t to) {
    spans_.push_back({from, to});
    return to;
  }

  std::size_t add(const std::optional<TextSpan>& found, std::size_t otherwise) {
    return found ? add(found->from, found->to) : otherwise;
  }

  // Whether a secret stands behind the separator of a name, and it is not the name of one: <add key="Password"
  // value=…/>.
  enum class Tells { Nothing, Itself, Beside };
  [[nodiscard]] Tells tells(const MemberName& name, std::size_t separator) {
    if (is_value_of_secret(text_, name, separator, tells_, effort_)) return Tells::Beside;
    if (name.text.empty() || !tells_(name.text)) return Tells::Nothing;
    const bool is_of_pair =
        !spec::sounds_secret_anywhere(name.text) && names_member_beside(text_, name, separator, effort_);
    return is_of_pair ? Tells::Nothing : Tells::Itself;
  }

  [[nodiscard]] std::size_t skip_blanks(std::size_t i) const {
    while (i < text_.size() && is_blank(text_[i])) ++i;
    return i;
  }

  // name=value, "name"=>"value", name = value
  std::size_t assignment(std::size_t i) {
    auto value = i + 1;
    if (at(value) == '>') ++value;
    auto end = i;
    const bool is_defined = end > 0 && text_[end - 1] == ':';  // password := value
    if (is_defined) --end;
    if (is_defined || is_blank(at(value)) || quote_at(text_, value) > 0) {
      while (end > 0 && is_blank(text_[end - 1])) --end;
    }
    const auto name = name_before(text_, end);
    const char before = name.from > 0 ? text_[name.from - 1] : '\0';
    const bool is_escaped = before == ';' || (before == '\\' && name.text.starts_with("u0026"));  // &amp; and \u0026
    if (is_escaped && is_signature(name.text)) return add(i + 1, end_of_signature(i + 1));
    const bool is_parameter = before == '?' || before == '&';  // …?key=… is hardly ever an ordinary word
    if (tells(name, i) == Tells::Nothing &&
        !(is_parameter && (spec::sounds_secret(name.text) || is_signature(name.text))))
      return i;
    if (end < i || at(i + 1) == '>') value = skip_blanks(value);
    const auto span = assigned_value(text_, name.from, value);
    if (spec::counts_tokens(name.text, text_.substr(span.from, span.to - span.from))) return i;
    return add(span.from, span.to);
  }

  [[nodiscard]] std::size_t end_of_signature(std::size_t from) const {
    return std::min(text_.find_first_of("&\\#\"' \t\r\n<>", from), text_.size());
  }

  // "name": "value" of JSON; Name-With-Hyphens: value of HTTP; name: value of YAML, among a manifest's own words.
  std::size_t labelled(std::size_t i) {
    if (at(i + 1) == '=') return i;
    auto end = i;
    while (end > 0 && is_blank(text_[end - 1])) --end;
    const auto name = name_before(text_, end);
    const auto value = skip_blanks(i + 1);
    if (equals_lower(name.text, "cookie") || equals_lower(name.text, "set-cookie")) return cookie(i, value);
    auto told = tells(name, i);
    if (name.quoted && equals_lower(name.text, "pass") && quote_at(text_, value) > 0) told = Tells::Itself;
    if (told == Tells::Nothing || value >= text_.size()) return i;
    const bool is_clear = words_ == TellingWords::Manifest || told == Tells::Beside;
    const bool holds_secrets = spec::sounds_secret_anywhere(name.text) || equals_lower(name.text, "credentials");
    if (is_clear || begins_block(text_, value)) {
      const auto below = lines_below(text_, name, value, holds_secrets);
      const bool is_below = text_[value] == '\n' || begins_block(text_, value);
      if (below) return add(is_below ? below->from : value, below->to);
    }
    if (text_[value] == '\n') return i;
    const bool is_list = text_[value] == '[' || (text_[value] == '{' && holds_secrets);
    if (is_list && (name.quoted || is_clear)) return add(inside_brackets(text_, value), i);
    if (const auto width = quote_at(text_, value); width > 0 && (name.quoted || is_clear)) {
      const auto inside = inside_quotes(text_, value);
      return add(inside.from, inside.to) + width;
    }
    if (name.quoted) {
      const auto stop = std::min(text_.find_first_of(",}] \t\r\n", value), text_.size());
      const auto word = text_.substr(value, stop - value);
      const bool is_word = word == "true" || word == "false" || word == "null" || word.starts_with('{');
      return is_word ? i : add(value, stop);
    }
    if (equals_lower(name.text, "authorization") || equals_lower(name.text, "proxy-authorization"))
      return header(i, value);
    if (value == i + 1 && !(is_clear && is_attached(name, value))) return i;
    const auto stop = end_of_word(text_, value);
    // A variable's name may stand before a sentence: "api-key: /etc/shop/key1: No such file".
    const bool is_header = text_[value] != '/' && looks_random(text_.substr(value, stop - value));
    return is_header || is_clear ? add(value, stop) : i;
  }

  // DB_PASSWORD:value; neither secret-app:1.2 of an image nor //auth:8080 of an address.
  [[nodiscard]] bool is_attached(const MemberName& name, std::size_t value) const {
    const char before = name.from > 0 ? text_[name.from - 1] : ' ';
    const bool is_option =
        before == '/' && (name.from == 1 || is_space(text_[name.from - 2]) || is_quote(text_[name.from - 2]));
    if ((before == '/' && !is_option) || before == '@' || text_[value] == '/' || text_[value] == '\\') return false;
    const auto digits = std::min(text_.find_first_not_of("0123456789", value), text_.size());
    return digits == value || (digits < text_.size() && std::string_view{"./,: "}.find(text_[digits]) == npos);
  }

  // Cookie: name=value; …
  std::size_t cookie(std::size_t i, std::size_t value) {
    const auto equals = text_.substr(0, std::min(text_.size(), value + longest_name)).find_first_of("= \n", value);
    if (equals == npos || text_[equals] != '=') return i;
    return add(value, std::min(text_.find_first_of("\"'\r\n", value), text_.size()));
  }

  // Authorization: Basic dXNl… and the like; in ordinary text a scheme must be there.
  std::size_t header(std::size_t i, std::size_t value) {
    auto end = end_of_word(text_, value);
    const auto scheme = text_.substr(value, end - value);
    const auto next = skip_blanks(end);
    if (next > end && next < text_.size()) {
      const auto last = end_of_word(text_, next);
      const bool known =
          equals_lower(scheme, "basic") || equals_lower(scheme, "bearer") || equals_lower(scheme, "token");
      if (known || words_ == TellingWords::Manifest) return add(next, last);
    }
    return words_ == TellingWords::Manifest || looks_random(scheme) ? add(value, end) : i;
  }

  // --password value; also as JSON or an engine writes lists: "--password", "value"
  std::size_t option(std::size_t i) {
    if (i > 0 && !is_space(text_[i - 1]) && !is_quote(text_[i - 1]) && text_[i - 1] != '[' && text_[i - 1] != '(')
      return i;
    const bool depends = std::string_view{"pauUwkK"}.find(at(i + 1)) != npos || text_.substr(i).starts_with("--user");
    const auto program = depends ? programs_.at(i) : CommandProgram::Other;
    const auto whole =
        text_.substr(i, end_of_word(text_.substr(0, std::min(text_.size(), i + longest_argument)), i) - i);
    if (!effort_.spend(whole.size())) return add(i, end_of_word(text_, i));
    if (const auto within = secret_in_option(whole, program)) return add(i + within->from, i + within->to);
    auto end = i;
    while (end < text_.size() && end - i <= longest_name && is_in_name(text_[end])) ++end;
    const auto holds = next_word(text_.substr(i, end - i), program);
    if (holds == NextWord::Ordinary) return i;
    auto value = end + quote_at(text_, end);
    const bool is_listed = value > end;
    if (at(value) == ',' && is_listed) ++value;
    const auto blank = value;
    value = skip_blanks(value);
    if (value >= text_.size() || text_[value] == '\n' || (value == blank && !is_listed)) return i;
    const auto quote = quote_at(text_, value);
    const auto word = quote == 0 ? TextSpan{value, end_of_word(text_, value)} : inside_quotes(text_, value);
    const auto secret = secret_in_word(text_.substr(word.from, word.to - word.from), holds);
    return secret ? add(word.from + secret->from, word.from + secret->to) + quote : i;
  }

  // "Bearer …", "Basic …", wherever they stand
  std::size_t scheme_word(std::size_t i) {
    if (const auto secret = statement_secret(text_, i)) return add(secret->from, secret->to) + quote_at(text_, i + 1);
    const auto before = text_.substr(0, i);
    const auto ends = [&](std::string_view word) {
      return before.size() >= word.size() && equals_lower(before.substr(before.size() - word.size()), word);
    };
    if (!ends("bearer") && !ends("basic")) return i;
    auto end = i + 1;
    while (end < text_.size() && is_in_token(text_[end])) ++end;
    const auto word = text_.substr(i + 1, end - i - 1);
    return word.size() >= 8 && looks_random(word) ? add(i + 1, end) : i;
  }

  std::string_view text_;
  TellingWords words_;
  Effort effort_;
  ProgramBefore programs_;
  std::size_t word_seen_ = 0;
  std::size_t word_begin_ = 0;
  NameTells tells_;
  std::vector<TextSpan> spans_;
};

}  // namespace

bool is_secret_option(std::string_view argument) {
  if (!argument.starts_with('-') || argument.find_first_of("= \t\n") != npos) return false;
  const bool is_long = argument.starts_with("--");
  const auto name = argument.substr(is_long ? 2 : 1);
  return (is_long || name.size() >= 4) && spec::sounds_secret(name);
}

std::vector<TextSpan> telling_spans(std::string_view text, TellingWords words) { return Finder{text, words}.find(); }

std::vector<TextSpan> merged(std::vector<TextSpan> spans) {
  std::ranges::sort(spans, {}, [](const TextSpan& one) { return std::pair{one.from, one.to}; });
  std::vector<TextSpan> result;
  for (const auto& one : spans) {
    const bool overlaps = !result.empty() && one.from < result.back().to;
    const bool is_empty_within = !result.empty() && one.from == one.to && one.from <= result.back().to;
    if (overlaps || is_empty_within) {
      result.back().to = std::max(result.back().to, one.to);
    } else {
      result.push_back(one);
    }
  }
  return result;
}

std::string with_masks(std::string_view text, const std::vector<TextSpan>& spans, TextSpan shown) {
  std::string result;
  auto done = shown.from;
  for (const auto& span : spans) {
    // An empty one is a value of nothing, whose place counts.
    const bool is_empty = span.from == span.to && span.from >= shown.from && span.from <= shown.to;
    if (!is_empty && (span.to <= shown.from || span.from >= shown.to)) continue;
    if (span.from > done) result.append(text.substr(done, span.from - done));
    result += secret_mask;
    done = std::max(done, span.to);
  }
  if (done < shown.to) result.append(text.substr(done, shown.to - done));
  return result;
}

std::string with_masks(std::string_view text, const std::vector<TextSpan>& spans) {
  return with_masks(text, spans, {0, text.size()});
}

std::vector<std::optional<std::size_t>> places_with_masks(const std::vector<std::size_t>& places,
                                                          const std::vector<TextSpan>& spans, TextSpan shown) {
  std::vector<std::optional<std::size_t>> moved;
  moved.reserve(places.size());
  std::size_t masks = 0;    // characters of those before the place
  std::size_t covered = 0;  // what they stand for
  auto span = spans.begin();
  for (const auto place : places) {
    for (; span != spans.end() && span->from < place && span->to <= place; ++span) {
      const bool is_empty = span->from == span->to && span->from >= shown.from;
      if (!is_empty && span->to <= shown.from) continue;
      masks += secret_mask.size();
      covered += span->to - std::max(span->from, shown.from);
    }
    const bool is_within = span != spans.end() && span->from < place && span->to > place;
    if (place < shown.from || place > shown.to || is_within) {
      moved.emplace_back();
    } else {
      moved.emplace_back(place - shown.from - covered + masks);
    }
  }
  return moved;
}

std::string mask_connection_strings(std::string_view text) {
  return with_masks(text, telling_spans(text, TellingWords::Anywhere));
}

}  // namespace teal::masking
