#include "daemon/access/tokens.hpp"

#include <utility>

namespace teal::access {

const Token* Tokens::find(std::string_view token, Time now) const {
  const auto found = by_digest_.find(token_digest(token));
  if (found == by_digest_.end()) return nullptr;
  const auto& expires = found->second.expires;
  return expires && *expires <= now ? nullptr : &found->second;
}

void Tokens::replace(std::vector<Token> tokens) {
  by_digest_.clear();
  for (auto& token : tokens) {
    auto digest = token.sha256;
    by_digest_.emplace(std::move(digest), std::move(token));
  }
}

}  // namespace teal::access
