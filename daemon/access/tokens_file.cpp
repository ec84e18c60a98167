#include "daemon/access/tokens_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <cerrno>
#include <map>
#include <span>
#include <system_error>
#include <utility>

#include "daemon/runtime/descriptor.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/digest.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "manifests/parse/reader.hpp"
#include "manifests/parse/scalar.hpp"
#include "manifests/parse/tree.hpp"
#include "manifests/parse/yaml_text.hpp"
#include "manifests/spec/names.hpp"

namespace teal::access {

using yaml::Field;
using yaml::Section;

namespace json = boost::json;

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::string_view lower_case = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view upper_case = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> alphabets) {
  return std::ranges::all_of(text, [&](char c) {
    return std::ranges::any_of(alphabets, [&](std::string_view letters) { return letters.find(c) != letters.npos; });
  });
}

void read_digest(const Field& field, std::string& out) {
  std::string text;
  // As written, since one that has no letters looks like a number.
  if (!yaml::read_as_written(field, text)) return;
  if (text.size() != 64 || !is_hex(text)) {
    return field.error(
        "expected the SHA-256 of the token, 64 hexadecimal digits in lower case, never the token itself");
  }
  out = std::move(text);
}

void read_applications(const Field& field, std::vector<std::string>& out) {
  if (!field.is_given() || !yaml::read(field, out)) return;
  if (out.empty()) field.error("expected at least one application; without this key the token is good for all of them");
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool unread = out[i].empty() && !field.node->items[i].quoted;  // and reported
    if (unread || is_application_pattern(out[i])) continue;
    field.report->add(
        yaml::item_path(field.path, i),
        fmt::format("{} fits no application: expected a-z, 0-9, - and * for any characters", yaml::in_quotes(out[i])));
  }
}

void read_expiry(const Field& field, std::optional<Time>& out) {
  std::string text;
  if (!yaml::read_as_written(field, text)) return;
  const auto time = parse_time(text);
  if (!time) return field.error(time.error().message);
  out = *time;
}

// The first place of each name and each hash. Who has the hash has the name on record, so there is one of each.
class Seen {
 public:
  void check(const Field& field, const std::string& value, std::string_view what) {
    if (value.empty() || !field.is_given()) return;
    const auto [first, is_new] = first_.try_emplace(value, field.position.line);
    if (!is_new) field.error(fmt::format("{} in line {} already", what, first->second));
  }

 private:
  std::map<std::string, int> first_;
};

struct SeenBefore {
  Seen names;
  Seen digests;
};

Token read_token(const Field& field, SeenBefore& seen) {
  Token token;
  Section section{field};
  const auto name = section.need("name");
  if (yaml::read(name, token.name) && !is_token_name(token.name)) {
    name.error(
        fmt::format("expected letters, digits and - . _, which do not begin it, at most {} of them", longest_name));
  }
  if (is_reserved_name(token.name)) {
    name.error(
        fmt::format("no token may be called {}, which is a name that the audit reserves", yaml::in_quotes(token.name)));
  }
  seen.names.check(name, token.name, fmt::format("token {} is defined", yaml::in_quotes(token.name)));
  yaml::read(section.need("role"), token.role);
  const auto digest = section.need("sha256");
  read_digest(digest, token.sha256);
  seen.digests.check(digest, token.sha256, "the same token stands");
  read_applications(section.get("applications"), token.applications);
  read_expiry(section.get("expires"), token.expires);
  section.finish();
  return token;
}

void read_list(const Field& field, std::vector<Token>& out) {
  if (!field.is_given() || !yaml::is_kind(field, yaml::Node::Kind::Sequence, "a list")) return;
  const auto& items = field.node->items;
  if (items.size() > most_tokens) return field.error(fmt::format("expected at most {} tokens", most_tokens));
  SeenBefore seen;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Field element{&items[i], yaml::item_path(field.path, i), items[i].position, field.report};
    field.report->place(element.path, element.position);
    out.push_back(read_token(element, seen));
  }
}

std::vector<Token> read_document(std::string_view text, yaml::Report& report) {
  std::vector<Token> tokens;
  const auto root = yaml::load_tree(text, report, {.bytes = largest_tokens_file, .values = 40 * most_tokens});
  if (!root) return tokens;
  const auto document = yaml::open_document(*root, "Tokens", report);
  if (!document) return tokens;
  Section section{*document};
  (void)section.get("apiVersion");
  (void)section.get("kind");
  read_list(section.need("tokens"), tokens);
  section.finish();
  return tokens;
}

std::string expiry(Time time) {
  auto text = format_time(time);
  constexpr std::string_view no_fraction = ".000Z";
  if (text.ends_with(no_fraction)) text.replace(text.size() - no_fraction.size(), no_fraction.size(), "Z");
  return text;
}

Error failure(const std::string& path, int number) {
  const auto text = fmt::format("{}: cannot be read: {}", path, std::generic_category().message(number));
  if (number == ENOENT || number == ENOTDIR) return {ErrorCode::not_found, text};
  if (number == EACCES || number == EPERM) {
    return {ErrorCode::denied, fmt::format("{}; it must belong to the user that reads it, with mode 0600: chown {} {}",
                                           text, ::geteuid(), runtime::shell_word(path))};
  }
  if (number == ENXIO || number == ENODEV || number == ELOOP || number == ENAMETOOLONG) {
    return {ErrorCode::invalid, text};
  }
  return {ErrorCode::unavailable, text};
}

Result<void> look_at(const std::string& path, const struct ::stat& status, TokensOwner owner) {
  if (!S_ISREG(status.st_mode)) return Error{ErrorCode::invalid, path + ": is not a regular file"};
  if (owner == TokensOwner::RootOrUs && status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return Error{ErrorCode::denied,
                 fmt::format("{}: belongs to the user with id {}, who could give out any role; chown {} {}", path,
                             status.st_uid, ::geteuid(), path)};
  }
  const auto mode = static_cast<unsigned>(status.st_mode) & 07777U;
  if ((mode & 077U) != 0) {
    return Error{ErrorCode::denied,
                 fmt::format("{}: mode {:04o}: its group or others have rights to it; chmod 600 {}", path, mode, path)};
  }
  return {};
}

Result<runtime::Descriptor> open_tokens(const std::string& path, TokensOwner owner) {
  // O_NONBLOCK: a FIFO without a writer would be waited for; on regular files it means nothing.
  runtime::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct ::stat status{};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0) return failure(path, errno);
  if (auto looked = look_at(path, status, owner); !looked) return looked.error();
  if (owner == TokensOwner::Anyone) return file;
  // Whoever could put another in its place, an older one for example, could give out roles as well.
  auto trusted = runtime::open_trusted(path, runtime::PathKind::File);
  if (!trusted) return within(path, trusted.error());
  if (::fstat(trusted->number(), &status) != 0) return failure(path, errno);
  if (auto looked = look_at(path, status, owner); !looked) return looked.error();
  return trusted;
}

}  // namespace

bool is_token_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && consists_of(text, {lower_case, upper_case, digits, "-._"}) &&
         !consists_of(text.substr(0, 1), {"-._"});
}

bool is_reserved_name(std::string_view text) {
  return std::ranges::any_of(std::array<std::string_view, 2>{"root", "anonymous"}, [&](std::string_view name) {
    return std::ranges::equal(text, name,
                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  });
}

bool is_application_pattern(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && consists_of(text, {lower_case, digits, "-*"});
}

Result<std::vector<Token>> parse_tokens(std::string_view text, std::string_view file) {
  yaml::Report report{file};
  auto tokens = read_document(text, report);
  if (const auto diagnostics = report.take_for_everybody("Tokens"); !diagnostics.empty()) {
    return Error{ErrorCode::invalid, to_string(diagnostics)};
  }
  return tokens;
}

std::string write_tokens(const std::vector<Token>& tokens) {
  json::array list;
  for (const auto& token : tokens) {
    json::object one{{"name", token.name}, {"role", to_string(token.role)}, {"sha256", token.sha256}};
    if (!token.applications.empty()) one["applications"] = json::value_from(token.applications);
    if (token.expires) one["expires"] = expiry(*token.expires);
    list.push_back(std::move(one));
  }
  return yaml::yaml_text(json::object{{"apiVersion", "teal/v1"}, {"kind", "Tokens"}, {"tokens", std::move(list)}});
}

std::string token_digest(std::string_view token) { return sha256_hex(token); }

Result<std::string> read_tokens_text(const std::string& path, TokensOwner owner) {
  if (path.find('\0') != path.npos) return Error{ErrorCode::invalid, "the path of the tokens holds a NUL byte"};
  const auto file = open_tokens(path, owner);
  if (!file) return file.error();
  auto text = runtime::read_text(file->number(), largest_tokens_file + 1);
  if (!text) return within(path, text.error());
  if (text->size() > largest_tokens_file) {
    return Error{ErrorCode::invalid, fmt::format("{}: is larger than {} bytes", path, largest_tokens_file)};
  }
  return text;
}

Result<std::vector<Token>> read_tokens_file(const std::string& path, TokensOwner owner) {
  const auto text = read_tokens_text(path, owner);
  if (!text) return text.error();
  return parse_tokens(*text, path);
}

}  // namespace teal::access
