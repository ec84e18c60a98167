#include "daemon/access/tokens.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <map>
#include <utility>

namespace teal::access {
namespace {

namespace json = boost::json;

constexpr std::size_t most_changes = 200;  // of one change on record

using ByName = std::map<std::string, const Token*>;

ByName by_name(const std::unordered_map<std::string, Token>& tokens) {
  ByName all;
  for (const auto& [digest, token] : tokens) all[token.name] = &token;
  return all;
}

json::object shown(const Token& token) {
  json::object out{{"role", to_string(token.role)}};
  if (!token.applications.empty()) out["applications"] = json::value_from(token.applications);
  if (token.expires) out["expires"] = format_time(*token.expires);
  return out;
}

// A new token under a name that is there is a replace as well, by what may be the same words.
std::string patch_between(const std::unordered_map<std::string, Token>& before,
                          const std::unordered_map<std::string, Token>& after) {
  const auto old_ones = by_name(before);
  const auto new_ones = by_name(after);
  json::array patch;
  for (const auto& [name, token] : old_ones) {
    if (!new_ones.contains(name)) patch.push_back(json::object{{"op", "remove"}, {"path", "/tokens/" + name}});
  }
  for (const auto& [name, token] : new_ones) {
    const auto old = old_ones.find(name);
    if (old != old_ones.end() && *old->second == *token) continue;
    patch.push_back(json::object{
        {"op", old == old_ones.end() ? "add" : "replace"}, {"path", "/tokens/" + name}, {"value", shown(*token)}});
  }
  if (patch.size() > most_changes) patch.erase(patch.begin() + most_changes, patch.end());
  return patch.empty() ? "" : json::serialize(patch);
}

}  // namespace

const Token* Tokens::find(std::string_view token, Time now) const {
  const auto found = by_digest_.find(token_digest(token));
  if (found == by_digest_.end()) return nullptr;
  const auto& expires = found->second.expires;
  return expires && *expires <= now ? nullptr : &found->second;
}

std::string Tokens::replace(std::vector<Token> tokens) {
  const auto before = std::exchange(by_digest_, {});
  for (auto& token : tokens) {
    auto digest = token.sha256;
    by_digest_.emplace(std::move(digest), std::move(token));
  }
  return patch_between(before, by_digest_);
}

}  // namespace teal::access
