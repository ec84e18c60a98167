// The tokens that are currently valid.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/access/tokens_file.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::access {

class Tokens {
 public:
  // Whose token this is: none when it is unknown or has expired. How long the answer takes says nothing about how much
  // of a wrong token was right: what is looked up is its SHA-256.
  [[nodiscard]] const Token* find(std::string_view token, Time now) const;

  // From now on these, and no others. What that changes, as RFC 6902: /tokens/{name}, without hashes; empty: nothing.
  std::string replace(std::vector<Token> tokens);
  [[nodiscard]] std::size_t size() const { return by_digest_.size(); }

 private:
  std::unordered_map<std::string, Token> by_digest_;
};

}  // namespace teal::access
