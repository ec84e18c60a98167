#include "cli/explanations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <ranges>

#include "manifests/foundation/nearest.hpp"

namespace teal::cli {
namespace {

constexpr std::string_view section_mark = "\n### ";

using boost::json::object;
using boost::json::value;

std::string as_text(const value& given) {
  return given.is_string() ? std::string{given.get_string()} : std::string{boost::json::serialize(given)};
}

// What a schema refers to, with what stands beside the reference taking precedence.
object resolved(const object& root, const object& schema) {
  const auto* reference = schema.if_contains("$ref");
  if (reference == nullptr) return schema;
  const auto name = as_text(*reference).substr(std::string_view{"#/$defs/"}.size());
  const auto& definitions = root.at("$defs").as_object();
  object result = resolved(root, definitions.at(name).as_object());
  for (const auto& [key, each] : schema) {
    if (key != "$ref") result[key] = each;
  }
  if (!result.contains("called")) result["called"] = name;  // no keyword of JSON schema
  return result;
}

std::string type_text(const object& root, const object& schema) {
  if (const auto* words = schema.if_contains("enum")) {
    std::vector<std::string> all;
    for (const auto& word : words->as_array()) all.push_back(as_text(word));
    return fmt::format("{}", fmt::join(all, " | "));
  }
  const auto* type = schema.if_contains("type");
  if (type != nullptr && *type == "array") {
    const auto* items = schema.if_contains("items");
    return "list of " + (items == nullptr ? "values" : type_text(root, resolved(root, items->as_object())));
  }
  if (const auto* called = schema.if_contains("called")) return as_text(*called);
  if (type == nullptr) return "value";
  if (*type == "object") return "mapping";
  return type->is_string() ? as_text(*type) : as_text(type->as_array().front());
}

std::string bounds_text(const object& schema) {
  std::string text;
  const auto* least = schema.if_contains("minimum");
  const auto* most = schema.if_contains("maximum");
  if (least != nullptr && most != nullptr) text = fmt::format("{} to {}", as_text(*least), as_text(*most));
  if (const auto* otherwise = schema.if_contains("default")) {
    text += fmt::format("{}default {}", text.empty() ? "" : ", ", as_text(*otherwise));
  }
  return text;
}

// Of a mapping, or of the items of a list; null: it has no keys of its own.
const object* keys_of(const object& root, object& schema) {
  if (const auto* items = schema.if_contains("items"); items != nullptr && items->is_object()) {
    schema = resolved(root, object{items->as_object()});
  }
  const auto* properties = schema.if_contains("properties");
  return properties == nullptr ? nullptr : &properties->as_object();
}

bool is_required(const object& schema, std::string_view key) {
  const auto* required = schema.if_contains("required");
  return required != nullptr &&
         std::ranges::any_of(required->as_array(), [&](const value& each) { return as_text(each) == key; });
}

std::string line_of(const object& root, const object& parent, std::string_view key, const object& schema) {
  auto notes = bounds_text(schema);
  if (is_required(parent, key)) notes = notes.empty() ? "required" : "required, " + notes;
  auto line = fmt::format("  {:<18} {}", key, type_text(root, schema));
  if (!notes.empty()) line += fmt::format(" ({})", notes);
  if (const auto* says = schema.if_contains("description")) line += ": " + as_text(*says);
  return line + '\n';
}

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> steps;
  for (const auto part : std::views::split(path, '.')) {
    const std::string_view step{part.begin(), part.end()};
    if (!step.empty()) steps.emplace_back(step.substr(0, step.find('[')));
  }
  return steps;
}

}  // namespace

std::vector<std::string> explained_reasons(std::string_view document) {
  std::vector<std::string> reasons;
  for (auto at = document.find(section_mark); at != std::string_view::npos; at = document.find(section_mark, at + 1)) {
    const auto begin = at + section_mark.size();
    reasons.emplace_back(document.substr(begin, document.find('\n', begin) - begin));
  }
  return reasons;
}

std::string explained_reason(std::string_view document, std::string_view reason) {
  for (const auto& known : explained_reasons(document)) {
    if (!std::ranges::equal(known, reason, {}, lower_case, lower_case)) continue;
    const auto begin = document.find(fmt::format("{}{}\n", section_mark, known)) + section_mark.size();
    auto section = document.substr(begin);
    section = section.substr(0, std::min(section.find("\n#"), section.size()));
    return std::string{section};
  }
  return {};
}

Result<std::string> explained_key(const object& schema, std::string_view path) {
  auto steps = steps_of(path);
  object at = schema;
  std::string where;
  const auto& top = schema.at("properties").as_object();
  if (!steps.empty() && !top.contains(steps.front())) steps.insert(steps.begin(), "spec");
  for (const auto& step : steps) {
    const bool in_list = at.contains("items");
    const auto* keys = keys_of(schema, at);
    if (keys == nullptr) return Error{ErrorCode::not_found, fmt::format("{} has no keys below it", where)};
    const auto* found = keys->if_contains(step);
    if (found == nullptr) {
      std::vector<std::string> names;
      for (const auto& [key, unused] : *keys) names.emplace_back(key);
      return Error{ErrorCode::not_found,
                   fmt::format("{} has no key {}{}; there are {}", where.empty() ? "a manifest" : where, step,
                               suggestion(step, names), fmt::join(names, ", "))};
    }
    where += (in_list ? "[]" : "") + std::string{where.empty() ? "" : "."} + step;
    object next = found->is_object() ? resolved(schema, found->as_object()) : object{};
    at = std::move(next);
  }
  auto text = where.empty() ? std::string{"a manifest, kind Application"} : where;
  if (!where.empty()) text += "   " + type_text(schema, at);
  if (const auto bounds = bounds_text(at); !bounds.empty()) text += fmt::format(" ({})", bounds);
  text += '\n';
  if (const auto* says = at.if_contains("description"); says != nullptr && !where.empty())
    text += "  " + as_text(*says) + '\n';
  if (const auto* keys = keys_of(schema, at)) {
    text += "\nKeys:\n";
    for (const auto& [key, each] : *keys) {
      text += line_of(schema, at, key, each.is_object() ? resolved(schema, each.as_object()) : object{});
    }
  }
  return text;
}

}  // namespace teal::cli
