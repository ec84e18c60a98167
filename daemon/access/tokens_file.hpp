// `kind: Tokens`: who may ask over TCP, by the hashes of their tokens. Read by teald, written by `teal token`.
//
//   apiVersion: teal/v1
//   kind: Tokens
//   tokens:
//     - {name: ci, role: operator, sha256: 9f86…, applications: [shop, "generator-*"], expires: 2027-01-01T00:00:00Z}
//
// Nothing here can print a token: the file has none, and what stands in a place of it that is wrong is never shown.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/access/role.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::access {

struct Token {
  std::string name;  // unique; see is_token_name, is_reserved_name
  Role role = Role::Viewer;
  std::string sha256;  // of the whole token's text, 64 hexadecimal digits in lower case; unique
  // Globs ("shop", "generator-*"); empty: all of them. The file cannot say "none".
  std::vector<std::string> applications;
  std::optional<Time> expires;  // from this moment on it is no longer good

  bool operator==(const Token&) const = default;
};

inline constexpr std::size_t largest_tokens_file = std::size_t{4} << 20U;  // bytes
inline constexpr std::size_t most_tokens = 20'000;

[[nodiscard]] bool is_token_name(std::string_view text);  // letters, digits, - . _; 1 to 63; - . _ not first
// The audit's own names for somebody who is no token: "root", "anonymous", in any case. No token may bear one.
[[nodiscard]] bool is_reserved_name(std::string_view text);
[[nodiscard]] bool is_application_pattern(std::string_view text);  // a-z, 0-9, - and *; 1 to 63

// All that is wrong, one a line: "file:line:column: path: message". Of a text that does not say that it is `kind:
// Tokens` nothing is shown. Error: invalid.
[[nodiscard]] Result<std::vector<Token>> parse_tokens(std::string_view text, std::string_view file);

// A document that parse_tokens reads as the same tokens.
[[nodiscard]] std::string write_tokens(const std::vector<Token>& tokens);

// SHA-256 in hexadecimal, as Token::sha256 has it.
[[nodiscard]] std::string token_digest(std::string_view token);

enum class TokensOwner {
  RootOrUs,  // whoever else owns it, or can put another in its place, could give itself any role
  Anyone,    // for a command that an administrator runs on a file that belongs to teald's user
};

// The file's text; links are followed. Refused: what is no regular file, is owned by somebody else, or gives its group
// or others any right (with the command that fixes it), or is larger than the limit. Never blocks on a FIFO.
// Errors, each naming the path: not_found, denied, invalid, unavailable.
[[nodiscard]] Result<std::string> read_tokens_text(const std::string& path, TokensOwner owner = TokensOwner::RootOrUs);
[[nodiscard]] Result<std::vector<Token>> read_tokens_file(const std::string& path,
                                                          TokensOwner owner = TokensOwner::RootOrUs);

}  // namespace teal::access
