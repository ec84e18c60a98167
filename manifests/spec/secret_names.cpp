// Which names say that a secret stands behind them.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::spec {
namespace {

bool is_lower_case(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper_case(char c) { return c >= 'A' && c <= 'Z'; }

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// "dbPassword2_FILE" → DB, PASSWORD, FILE; "APIKey" → API, KEY.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_lower_case(c) && !is_upper_case(c)) {
      if (!words.back().empty()) words.emplace_back();
      continue;
    }
    const bool after_lower = i > 0 && is_lower_case(name[i - 1]);
    const bool before_lower = i + 1 < name.size() && is_lower_case(name[i + 1]);
    const bool after_upper = i > 0 && is_upper_case(name[i - 1]);
    // The plural of a word in capitals is no hump: "APIKEYs".
    const bool ends_plural =
        before_lower && name[i + 1] == 's' && (i + 2 == name.size() || !is_lower_case(name[i + 2]));
    const bool hump = is_upper_case(c) && (after_lower || (after_upper && before_lower && !ends_plural));
    if (hump && !words.back().empty()) words.emplace_back();
    words.back() += is_lower_case(c) ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::string_view singular(std::string_view word) {
  if (word.size() > 3 && word.ends_with('S') && !word.ends_with("SS")) word.remove_suffix(1);
  return word;
}

constexpr std::array<std::string_view, 18> places{
    "USER",   "USERNAME", "HOST",   "HOSTNAME", "PORT",     "NAME",   "DBNAME",  "DBUSER",     "DBHOST",
    "DBPORT", "PGUSER",   "PGHOST", "PGPORT",   "DATABASE", "SCHEMA", "SSLMODE", "PGDATABASE", "PGSSLMODE"};

// What a setting of a secret is about, rather than the secret: TOKEN_TTL, AUTH_ENABLED. Of an address only what stands
// in it may be secret.
constexpr std::array<std::string_view, 20> settings{
    "FILE",   "PATH", "DIR",  "DIRECTORY", "FOLDER", "ENABLED",   "DISABLED", "REQUIRED", "TTL", "TIMEOUT",
    "LENGTH", "SIZE", "TYPE", "MODE",      "METHOD", "ALGORITHM", "PASSFILE", "URL",      "URI", "ENDPOINT"};

// Whole words; and endings of words that are no endings of others.
constexpr std::array<std::string_view, 8> telling{"PASSIN", "PASSOUT", "PASSCODE", "PASSKEY",
                                                  "PWD",    "PW",      "SECRET",   "TOKEN"};
constexpr std::array<std::string_view, 4> telling_endings{"SECRET", "TOKEN", "APIKEY", "PASSPHRASE"};
constexpr std::array<std::string_view, 2> telling_parts{"PASSWORD", "PASSWD"};

// Words that tell among variables and options only.
constexpr std::array<std::string_view, 12> ordinary{
    "CRED", "SAS", "KEY", "AUTH", "AUTHORIZATION", "DSN", "PRIVATE", "BEARER", "CREDS", "OAUTH", "PASS", "CREDENTIAL"};

// What a key opens or locks, for those that tell in any text.
constexpr std::array<std::string_view, 19> locks{
    "AES",     "ENC",        "PRIV",   "HMAC", "API",    "ACCESS",  "ACCOUNT", "SECRET", "PRIVATE", "SHARED",
    "SIGNING", "ENCRYPTION", "MASTER", "AUTH", "SERVER", "LICENSE", "STORAGE", "DEPLOY", "SSH"};

// Whose password it is, where no separator says so: DBPASS, USERPWD.
constexpr std::array<std::string_view, 18> password_owners{"SSH",  "KEY",  "STORE", "KEYSTORE", "TRUSTSTORE", "MY",
                                                           "DB",   "PG",   "USER",  "ADMIN",    "ROOT",       "APP",
                                                           "SMTP", "MAIL", "FTP",   "LDAP",     "REDIS",      "MYSQL"};

// Secrets only where nothing follows (JWT_ISSUER), and what they must follow, if anything.
constexpr std::array<std::string_view, 2> last_words{"JWT", "SALT"};
constexpr std::array<std::string_view, 4> secret_cookies{"SESSION", "AUTH", "LOGIN", "ERLANG"};

// SIGNINGKEY, USERPASS
template <std::size_t N>
bool is_joined(const std::array<std::string_view, N>& firsts, std::string_view word, std::string_view last) {
  return word.ends_with(last) && is_one_of(firsts, word.substr(0, word.size() - last.size()));
}

bool ends_as_secret(const std::vector<std::string>& words) {
  if (words.empty()) return false;
  if (is_one_of(last_words, words.back())) return true;
  return words.size() > 1 && words.back() == "COOKIE" && is_one_of(secret_cookies, words[words.size() - 2]);
}

bool tells(std::string_view word) {
  const auto plain = singular(word);
  if (is_one_of(telling, plain) || is_one_of(telling, word)) return true;
  if (is_joined(locks, plain, "KEY") || is_joined(password_owners, word, "PASS") ||
      is_joined(password_owners, word, "PWD") || is_joined(password_owners, word, "PW"))
    return true;
  const auto ends = [&](std::string_view ending) { return plain.ends_with(ending); };
  const auto holds = [&](std::string_view part) { return word.find(part) != word.npos; };
  return std::ranges::any_of(telling_endings, ends) || std::ranges::any_of(telling_parts, holds);
}

bool is_place(std::string_view word) {
  return is_one_of(places, word) || word.ends_with("USER") || word.ends_with("USERNAME");
}

bool is_setting(const std::vector<std::string>& words) {
  return !words.empty() && (is_place(words.back()) || is_one_of(settings, words.back()));
}

}  // namespace

bool names_place(std::string_view name) {
  const auto words = words_of(name);
  return !words.empty() && is_place(words.back());
}

bool sounds_secret(std::string_view name) {
  const auto words = words_of(name);
  return ends_as_secret(words) || (!is_setting(words) && std::ranges::any_of(words, [](const std::string& word) {
           return tells(word) || is_one_of(ordinary, word) || is_one_of(ordinary, singular(word));
         }));
}

bool counts_tokens(std::string_view name, std::string_view value) {
  const auto words = words_of(name);
  return !words.empty() && words.back() == "TOKENS" && !value.empty() && value.size() <= 7 &&
         std::ranges::all_of(value, is_digit);
}

bool sounds_secret_anywhere(std::string_view name) {
  const auto words = words_of(name);
  if (is_setting(words)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_count = words[i] == "TOKENS";  // prompt_tokens=150
    if ((tells(words[i]) && !is_count) || words[i] == "AUTHORIZATION") return true;
    if (i > 0 && words[i] == "PASS") return true;  // "pass=3 fail=2" is a test's result
    if (i > 0 && singular(words[i]) == "KEY" && is_one_of(locks, words[i - 1])) return true;
  }
  return false;
}

bool is_secret_header(std::string_view name) {
  const auto words = words_of(name);
  const bool is_cookie = std::ranges::find(words, "COOKIE") != words.end();
  return is_cookie || sounds_secret(name) || sounds_secret_anywhere(name);
}

}  // namespace teal::spec
