// A small checker of JSON Schema 2020-12 for tests: the keywords that our schemas use. An unknown keyword throws.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>

namespace teal::test {

namespace json = boost::json;

class JsonSchema {
 public:
  explicit JsonSchema(const std::string& text) : root_(json::parse(text)) {}

  [[nodiscard]] const json::value& root() const { return root_; }
  [[nodiscard]] bool accepts(const json::value& value) const { return accepts(value, root_); }

  // The schema itself where a $ref stands for another.
  [[nodiscard]] const json::value& resolved(const json::value& schema) const {
    const auto* reference = schema.is_object() ? schema.get_object().if_contains("$ref") : nullptr;
    if (reference == nullptr) return schema;
    const std::string path{reference->as_string().subview(1)};
    return root_.at_pointer(path);
  }

 private:
  static std::size_t size_of(const json::value& bound) { return bound.to_number<std::size_t>(); }

  static bool is_type(const json::value& value, const json::value& type) {
    if (const auto* any = type.if_array()) {
      return std::any_of(any->begin(), any->end(), [&](const json::value& one) { return is_type(value, one); });
    }
    const auto& name = type.as_string();
    if (name == "object") return value.is_object();
    if (name == "array") return value.is_array();
    if (name == "string") return value.is_string();
    if (name == "boolean") return value.is_bool();
    if (name == "number") return value.is_number();
    if (name == "integer") return value.is_int64() || value.is_uint64();
    throw std::logic_error("unknown type in the schema");
  }

  static bool matches(const json::value& pattern, std::string_view text) {
    static std::map<std::string, std::regex> compiled;
    const std::string key{pattern.as_string()};
    auto found = compiled.find(key);
    if (found == compiled.end()) found = compiled.emplace(key, std::regex{key, std::regex::ECMAScript}).first;
    return std::regex_search(text.begin(), text.end(), found->second);
  }

  std::size_t count(const json::value& value, const json::value& schemas) const {
    std::size_t accepted = 0;
    for (const auto& schema : schemas.as_array()) accepted += accepts(value, schema) ? 1 : 0;
    return accepted;
  }

  bool accepts(const json::value& value, const json::value& schema) const {
    if (const auto* truth = schema.if_bool()) return *truth;
    const auto& object = schema.as_object();
    for (const auto& [key, rule] : object) {
      if (!keyword(value, std::string{key}, rule, object)) return false;
    }
    return true;
  }

  bool keyword(const json::value& value, const std::string& key, const json::value& rule,
               const json::object& schema) const {
    static const std::set<std::string> words{"$schema", "$defs",      "title",       "description",
                                             "default", "properties", "prefixItems", "then"};
    if (words.contains(key)) return key != "properties" || properties(value, rule);
    if (key == "$ref") return accepts(value, resolved(schema));
    if (key == "type") return is_type(value, rule);
    if (key == "const") return value == rule;
    if (key == "enum") return std::ranges::find(rule.as_array(), value) != rule.as_array().end();
    if (key == "allOf") return count(value, rule) == rule.as_array().size();
    if (key == "anyOf") return count(value, rule) > 0;
    if (key == "oneOf") return count(value, rule) == 1;
    if (key == "not") return !accepts(value, rule);
    if (key == "if") return !accepts(value, rule) || accepts(value, schema.at("then"));
    if (value.is_string()) return text_keyword(value.get_string(), key, rule);
    if (value.is_array()) return array_keyword(value.get_array(), key, rule, schema);
    if (value.is_object()) return object_keyword(value.get_object(), key, rule, schema);
    if (value.is_number()) {
      if (key == "minimum") return value.to_number<double>() >= rule.to_number<double>();
      if (key == "maximum") return value.to_number<double>() <= rule.to_number<double>();
    }
    return known_for_others(key);
  }

  static bool known_for_others(const std::string& key) {
    static const std::set<std::string> known{"minimum",
                                             "maximum",
                                             "pattern",
                                             "minLength",
                                             "maxLength",
                                             "items",
                                             "minItems",
                                             "maxItems",
                                             "uniqueItems",
                                             "required",
                                             "propertyNames",
                                             "maxProperties",
                                             "additionalProperties",
                                             "patternProperties",
                                             "dependentRequired"};
    if (!known.contains(key)) throw std::logic_error("the checker does not know the keyword " + key);
    return true;
  }

  static bool text_keyword(const json::string& text, const std::string& key, const json::value& rule) {
    if (key == "pattern") return matches(rule, {text.data(), text.size()});
    if (key == "minLength") return text.size() >= size_of(rule);
    if (key == "maxLength") return text.size() <= size_of(rule);
    return known_for_others(key);
  }

  bool array_keyword(const json::array& array, const std::string& key, const json::value& rule,
                     const json::object& schema) const {
    if (key == "minItems") return array.size() >= size_of(rule);
    if (key == "maxItems") return array.size() <= size_of(rule);
    if (key == "uniqueItems") {
      for (std::size_t i = 0; i < array.size(); ++i) {
        if (std::find(array.begin() + static_cast<std::ptrdiff_t>(i) + 1, array.end(), array[i]) != array.end())
          return false;
      }
      return true;
    }
    if (key != "items") return known_for_others(key);
    const auto* prefix = schema.if_contains("prefixItems");
    for (std::size_t i = 0; i < array.size(); ++i) {
      const bool first = prefix != nullptr && i < prefix->as_array().size();
      if (!accepts(array[i], first ? prefix->as_array()[i] : rule)) return false;
    }
    return true;
  }

  bool properties(const json::value& value, const json::value& rules) const {
    if (!value.is_object()) return true;
    for (const auto& [key, rule] : rules.as_object()) {
      const auto* property = value.get_object().if_contains(key);
      if (property != nullptr && !accepts(*property, rule)) return false;
    }
    return true;
  }

  static bool has_pattern(const json::object& schema, std::string_view name) {
    const auto* patterns = schema.if_contains("patternProperties");
    if (patterns == nullptr) return false;
    return std::ranges::any_of(patterns->as_object(), [&](const auto& pattern) {
      return std::regex_search(name.begin(), name.end(), std::regex{std::string{pattern.key()}});
    });
  }

  bool object_keyword(const json::object& object, const std::string& key, const json::value& rule,
                      const json::object& schema) const {
    const auto has = [&](const json::value& name) { return object.contains(name.as_string()); };
    if (key == "required") return std::ranges::all_of(rule.as_array(), has);
    if (key == "maxProperties") return object.size() <= size_of(rule);
    if (key == "dependentRequired") {
      for (const auto& [name, needed] : rule.as_object()) {
        if (object.contains(name) && !std::ranges::all_of(needed.as_array(), has)) return false;
      }
      return true;
    }
    for (const auto& [name, value] : object) {
      if (key == "propertyNames" && !accepts(json::string{name}, rule)) return false;
      const auto* known = schema.if_contains("properties");
      const bool additional = (known == nullptr || !known->as_object().contains(name)) && !has_pattern(schema, name);
      if (key == "additionalProperties" && additional && !accepts(value, rule)) return false;
    }
    return known_for_others(key);
  }

  json::value root_;
};

// Every object of the schema with fixed keys: its path as the reader names it ("spec.components[]"), and its keys.
// Alternatives (anyOf) are one object with the keys of all of them.
inline std::map<std::string, std::set<std::string>> schema_keys(const JsonSchema& schema) {
  std::map<std::string, std::set<std::string>> keys;
  const std::function<void(const json::value&, const std::string&)> walk = [&](const json::value& any,
                                                                               const std::string& path) {
    const auto& found = schema.resolved(any);
    if (!found.is_object()) return;
    const auto& object = found.get_object();
    if (const auto* properties = object.if_contains("properties")) {
      for (const auto& [key, value] : properties->as_object()) {
        keys[path].emplace(key);
        walk(value, path.empty() ? std::string{key} : path + "." + std::string{key});
      }
    }
    if (const auto* items = object.if_contains("items")) walk(*items, path + "[]");
    for (const auto* word : {"anyOf", "allOf", "oneOf"}) {
      if (const auto* alternatives = object.if_contains(word)) {
        for (const auto& alternative : alternatives->as_array()) walk(alternative, path);
      }
    }
  };
  walk(schema.root(), "");
  return keys;
}

// Calls `visit(where, mutant)` with copies of a document that differ from it in one place: a wrong type, another word,
// a key too many or too few.
inline void each_mutant(const json::value& document,
                        const std::function<void(const std::string&, const json::value&)>& visit) {
  const std::function<void(const std::string&)> walk = [&](const std::string& pointer) {
    const auto& value = document.at_pointer(pointer);
    const auto with = [&](const std::string& what, const json::value& other) {
      if (other == value) return;
      auto copy = document;
      copy.at_pointer(pointer) = other;
      visit(pointer + " " + what, copy);
    };
    with("a list", json::array{});
    with("a mapping", json::object{});
    with("nothing in a list", json::array{nullptr});
    with("nothing", nullptr);
    with("true", true);
    with("7", 7);
    with("-1", -1);
    with("empty text", "");
    with("odd text", "Bad; \x01 text");
    if (value.is_int64()) with("a fraction", 3.5);
    if (const auto* object = value.if_object()) {
      auto more = *object;
      more["zzz unknown"] = 1;
      with("a key too many", more);
      for (const auto& [key, member] : *object) {
        auto less = *object;
        less.erase(key);
        with("without " + std::string{key}, less);
      }
      for (const auto& [key, member] : *object) {
        std::string escaped;
        for (const char c : key) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        walk(pointer + "/" + escaped);
      }
    }
    if (const auto* array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) walk(pointer + "/" + std::to_string(i));
    }
  };
  walk("");
}

}  // namespace teal::test
