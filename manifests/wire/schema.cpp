#include "manifests/wire/schema.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

namespace teal::wire {

namespace json = boost::json;

json::object reference_to(std::string_view definition) {
  return {{"$ref", encoded_text(fmt::format("#/$defs/{}", definition))}};
}

void put_schema(json::object& out, const bool&, Definitions&) { out["type"] = "boolean"; }
void put_schema(json::object& out, const double&, Definitions&) { out["type"] = "number"; }
void put_schema(json::object& out, const std::string&, Definitions&) { out["type"] = "string"; }
void put_schema(json::object& out, const Duration&, Definitions&) { out = reference_to("duration"); }
void put_schema(json::object& out, const Time&, Definitions&) {
  out["type"] = "string";
  out["format"] = "date-time";
}
void put_schema(json::object& out, const std::map<std::string, std::string>&, Definitions&) {
  out["type"] = "object";
  out["additionalProperties"] = json::object{{"type", "string"}};
}

json::object SchemaWriter::parsed(std::string_view text) { return json::parse(text).as_object(); }

void SchemaWriter::add_limits(json::object& out, const About& about) {
  if (!about.form.empty()) out = reference_to(about.form);
  if (!about.items.empty()) out["items"] = reference_to(about.items);
  if (!about.pattern.empty()) out["pattern"] = encoded_text(about.pattern);
  if (about.longest > 0) out["maxLength"] = about.longest;
  if (about.least) out["minimum"] = encoded(*about.least);
  if (about.most) out["maximum"] = encoded(*about.most);
  if (about.least_items > 0) out["minItems"] = about.least_items;
  if (about.most_items > 0) out["maxItems"] = about.most_items;
}

void SchemaWriter::put(std::string_view name, json::object schema, const About& about, json::value by_default) {
  if (!about.says.empty()) schema["description"] = encoded_text(about.says);
  if (!by_default.is_null()) schema["default"] = std::move(by_default);
  if (!about.rule.empty()) {
    for (auto& [key, value] : parsed(about.rule)) schema[key] = value;
  }
  if (about.required) required_.push_back(encoded_text(name));
  properties_[name] = std::move(schema);
}

void SchemaWriter::constant(std::string_view name, std::string_view value) {
  put(name, {{"const", encoded_text(value)}}, needed, nullptr);
}

void SchemaWriter::rule(std::string_view rule) {
  for (auto& [key, value] : parsed(rule)) rules_[key] = value;
}

void SchemaWriter::only_with(std::string_view name, std::string_view other, std::string_view) {
  only_with_[name] = json::array{encoded_text(other)};
}

json::object SchemaWriter::take() {
  json::object out{{"type", "object"}, {"additionalProperties", false}};
  if (!required_.empty()) out["required"] = std::move(required_);
  out["properties"] = std::move(properties_);
  if (!only_with_.empty()) out["dependentRequired"] = std::move(only_with_);
  for (auto& [key, value] : rules_) out[key] = value;
  return out;
}

json::object SchemaWriter::take_as_definition() {
  auto name = std::move(type_);
  definitions_.all[name] = take();
  return reference_to(name);
}

}  // namespace teal::wire
