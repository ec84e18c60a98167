#include "manifests/masking/mask_addresses.hpp"

#include <algorithm>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t longest_address = 1024;  // scheme://…@
constexpr std::size_t longest_user_and_password = 256;
constexpr std::size_t not_there = std::string_view::npos;

bool is_upper_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }

// Nothing, 5432, or that of the first of several hosts: 5432,db2:5432.
bool is_port(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  return digits == text.size() || (digits > 0 && text[digits] == ',');
}

// jdbc:oracle:thin:user/password@…, sqlplus user/password@…
std::optional<TextSpan> oracle_secret(std::string_view text, std::size_t start, std::size_t at_sign,
                                      ProgramBefore& programs) {
  const auto word = text.substr(start, at_sign - start);
  const auto slash = word.find('/');
  if (slash == not_there || slash == 0 || slash + 1 == word.size()) return std::nullopt;
  const bool is_jdbc = word.starts_with("jdbc:oracle:");
  if (!is_jdbc && programs.at(start) != CommandProgram::Oracle) return std::nullopt;
  return TextSpan{start + slash + 1, at_sign};
}

// //user:password@host, and among a manifest's words user:password@host as well; not image:tag@sha256:….
std::optional<TextSpan> secret_without_scheme(std::string_view text, std::size_t start, std::size_t at_sign,
                                              TellingWords words) {
  auto word = text.substr(start, at_sign - start);
  const bool has_slashes = word.starts_with("//");
  if (has_slashes) word.remove_prefix(2);
  const auto colon = word.find(':');
  if ((!has_slashes && words == TellingWords::Anywhere) || colon == not_there || colon == 0 || colon + 1 == word.size())
    return std::nullopt;
  const auto host = text.substr(at_sign + 1, 7);
  if (host.empty() || host == "sha256:" || host == "sha512:" || word.substr(0, colon).find('/') != not_there)
    return std::nullopt;
  if (word.substr(colon + 1).starts_with("//") || word.substr(colon + 1).starts_with('/')) return std::nullopt;
  return TextSpan{at_sign - (word.size() - colon - 1), at_sign};
}

}  // namespace

bool looks_random(std::string_view word) {
  const auto is_any_letter = [](char c) { return is_upper_letter(c) || is_lower_letter(c); };
  const bool mixed = word.size() > 1 && std::ranges::any_of(word.substr(1), is_upper_letter) &&
                     std::ranges::any_of(word, is_lower_letter);
  return mixed || (std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_any_letter));
}

std::size_t starts_address(std::string_view text, std::size_t colon) {
  if (colon == 0) return 0;
  const char before = text[colon - 1];
  const bool is_scheme = is_upper_letter(before) || is_lower_letter(before) || is_digit(before) || before == '_' ||
                         before == '.' || before == '-';
  if (!is_scheme) return 0;
  const auto rest = text.substr(colon);
  return rest.starts_with("://") ? 3 : rest.starts_with(":\\/\\/") ? 5 : 0;
}

// Up to the last @ of the part before the path. A password may hold what ends that part; then what stands behind the
// colon is no port.
std::optional<TextSpan> address_secret(std::string_view text, std::size_t colon_of_scheme, Effort& effort) {
  const auto start = colon_of_scheme + starts_address(text, colon_of_scheme);
  const auto most = text.substr(0, std::min(text.size(), start + longest_address));
  const auto end = std::min(most.find_first_of(" \t\n\r/?#\"'\\<>", start), most.size());
  const auto last_at = [&](std::size_t to) {
    const auto found = most.substr(start, to - start).rfind('@');
    return found == not_there ? not_there : start + found;
  };
  auto last = last_at(end);
  const auto colon = most.find(':', start);
  const bool is_bracket = start < text.size() && text[start] == '[';
  if (last == not_there && colon < end && !is_bracket && !is_port(text.substr(colon + 1, end - colon - 1))) {
    if (!effort.spend(most.size() - start))
      return TextSpan{colon + 1, std::min(text.find_first_of(" \t\n\r", end), text.size())};
    last = last_at(std::min(most.find_first_of(" \t\n\r", start), most.size()));
  }
  if (last == not_there) {
    // What was cut within its password ends with the mark of that.
    const auto mark = most.substr(0, end).find("…", start);
    const bool is_cut = mark != not_there && colon < mark && !is_port(text.substr(colon + 1, mark - colon - 1));
    return is_cut ? std::optional{TextSpan{colon + 1, mark}} : std::nullopt;
  }
  if (colon < last) return TextSpan{colon + 1, last};
  const auto user = text.substr(start, last - start);
  // https://ghp_…@github.com: a token in a user's place
  return user.size() >= 16 && looks_random(user) ? std::optional{TextSpan{start, last}} : std::nullopt;
}

std::optional<TextSpan> secret_before_host(std::string_view text, std::size_t word, std::size_t at_sign,
                                           ProgramBefore& programs, TellingWords words) {
  const auto rest = text.substr(at_sign + 1);
  const bool is_go = rest.starts_with("tcp(") || rest.starts_with("unix(");
  const auto from = at_sign - std::min(at_sign, is_go ? longest_address : longest_user_and_password);
  const auto start = std::max(from, word);
  if (!is_go) {
    const auto found = secret_without_scheme(text, start, at_sign, words);
    return found ? found : oracle_secret(text, start, at_sign, programs);
  }
  const auto colon = text.substr(0, at_sign).find(':', start);
  return colon < at_sign ? std::optional{TextSpan{colon + 1, at_sign}} : std::nullopt;
}

}  // namespace teal::masking
