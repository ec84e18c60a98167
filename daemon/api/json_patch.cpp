#include "daemon/api/json_patch.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace teal::api {
namespace {

namespace json = boost::json;
using Tokens = std::vector<std::string>;

// "/a~1b/0" → {"a/b", "0"}; none: it is no pointer (RFC 6901).
std::optional<Tokens> tokens_of(std::string_view pointer) {
  Tokens tokens;
  if (!pointer.empty() && pointer.front() != '/') return std::nullopt;
  for (const char c : pointer) {
    if (c == '/') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  for (auto& token : tokens) {
    std::string plain;
    for (std::size_t at = 0; at < token.size(); ++at) {
      if (token[at] != '~') {
        plain += token[at];
      } else if (++at < token.size() && (token[at] == '0' || token[at] == '1')) {
        plain += token[at] == '0' ? '~' : '/';
      } else {
        return std::nullopt;
      }
    }
    token = std::move(plain);
  }
  return tokens;
}

std::optional<std::size_t> index_of(const std::string& token, std::size_t size) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool is_number = error == std::errc{} && end == token.data() + token.size();
  if (!is_number || index >= size || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  return index;
}

json::value* child_of(json::value& parent, const std::string& token) {
  if (auto* object = parent.if_object()) return object->if_contains(token);
  auto* array = parent.if_array();
  const auto index = array == nullptr ? std::nullopt : index_of(token, array->size());
  return index ? &(*array)[*index] : nullptr;
}

json::value* find_at(json::value& document, const Tokens& tokens, std::size_t count) {
  auto* at = &document;
  for (std::size_t i = 0; i < count && at != nullptr; ++i) at = child_of(*at, tokens[i]);
  return at;
}

bool add(json::value& document, const Tokens& tokens, json::value value) {
  if (tokens.empty()) return document = std::move(value), true;
  auto* parent = find_at(document, tokens, tokens.size() - 1);
  if (parent == nullptr) return false;
  if (auto* object = parent->if_object()) return (*object)[tokens.back()] = std::move(value), true;
  auto* array = parent->if_array();
  if (array == nullptr) return false;
  const auto index = tokens.back() == "-" ? array->size() : index_of(tokens.back(), array->size() + 1);
  if (!index) return false;
  array->insert(array->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return true;
}

std::optional<json::value> remove(json::value& document, const Tokens& tokens) {
  if (tokens.empty()) return std::nullopt;
  auto* parent = find_at(document, tokens, tokens.size() - 1);
  auto* found = parent == nullptr ? nullptr : child_of(*parent, tokens.back());
  if (found == nullptr) return std::nullopt;
  json::value taken = std::move(*found);
  if (auto* object = parent->if_object()) {
    object->erase(tokens.back());
  } else {
    auto& array = parent->as_array();
    array.erase(array.begin() + (found - array.data()));
  }
  return taken;
}

struct Operation {
  std::string name;
  Tokens path;
  Tokens from;
  const json::value* value = nullptr;
};

std::string operation_text(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

Result<Operation> operation_of(const json::value& item) {
  const auto* object = item.if_object();
  if (object == nullptr) return Error{ErrorCode::invalid, "each operation of a JSON patch is an object"};
  Operation operation;
  operation.name = operation_text(*object, "op");
  operation.value = object->if_contains("value");
  auto path = tokens_of(operation_text(*object, "path"));
  auto from = tokens_of(operation_text(*object, "from"));
  if (!object->contains("path") || !path || !from) {
    return Error{ErrorCode::invalid, "path and from of a JSON patch are JSON pointers, as in /spec/version"};
  }
  operation.path = std::move(*path);
  operation.from = std::move(*from);
  const bool wants_value = operation.name == "add" || operation.name == "replace" || operation.name == "test";
  if (wants_value && operation.value == nullptr) {
    return Error{ErrorCode::invalid, fmt::format("op {} of a JSON patch wants a value", operation.name)};
  }
  return operation;
}

// Whether it could be done.
Result<bool> perform(json::value& document, const Operation& operation) {
  if (operation.name == "add") return add(document, operation.path, *operation.value);
  if (operation.name == "remove") return remove(document, operation.path).has_value();
  if (operation.name == "replace" || operation.name == "test") {
    auto* found = find_at(document, operation.path, operation.path.size());
    if (found == nullptr) return false;
    if (operation.name == "test") return *found == *operation.value;
    return *found = *operation.value, true;
  }
  if (operation.name == "copy") {
    const auto* found = find_at(document, operation.from, operation.from.size());
    return found != nullptr && add(document, operation.path, json::value{*found});
  }
  if (operation.name == "move") {
    auto taken = remove(document, operation.from);
    return taken && add(document, operation.path, std::move(*taken));
  }
  return Error{ErrorCode::invalid, "op of a JSON patch is one of add, remove, replace, move, copy and test"};
}

}  // namespace

Result<json::value> patched(json::value document, const json::array& patch) {
  constexpr std::size_t most = 10'000;
  if (patch.size() > most) return Error{ErrorCode::invalid, "a JSON patch has at most 10,000 operations"};
  for (const auto& item : patch) {
    const auto operation = operation_of(item);
    if (!operation) return operation.error();
    const auto done = perform(document, *operation);
    if (!done) return done.error();
    if (*done) continue;
    return Error{ErrorCode::conflict,
                 operation->name == "test"
                     ? "a test of the JSON patch fails"
                     : fmt::format("op {} of the JSON patch leads to a path that is not there", operation->name)};
  }
  return document;
}

void merge(json::value& target, const json::value& patch) {
  const auto* changes = patch.if_object();
  if (changes == nullptr) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = json::object{};
  auto& object = target.as_object();
  for (const auto& change : *changes) {
    if (change.value().is_null()) {
      object.erase(change.key());
    } else {
      merge(object[change.key()], change.value());
    }
  }
}

}  // namespace teal::api
