#include "manifests/api/schemas.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "manifests/api/application.hpp"
#include "manifests/api/audit.hpp"
#include "manifests/api/confirmation.hpp"
#include "manifests/api/database.hpp"
#include "manifests/api/event.hpp"
#include "manifests/api/kubernetes_event.hpp"
#include "manifests/api/plan.hpp"
#include "manifests/api/rollout.hpp"
#include "manifests/api/version.hpp"
#include "manifests/wire/schema.hpp"

namespace teal::objects {
namespace {

namespace json = boost::json;

// OpenAPI 3.0 has none of these. What they say of a spec, the schema for editors says; an answer never breaks them.
// `required` goes as well: a patch has what it changes, and a spec that cannot be read is shown without its fields.
constexpr std::array<std::string_view, 9> not_in_openapi{
    "propertyNames", "dependentRequired",    "if",       "then", "else",
    "prefixItems",   "additionalProperties", "required", "const"};

json::value in_openapi(const json::value& schema);

// By name: a field may be called like a word of the schema.
json::object each_in_openapi(const json::object& schemas) {
  json::object out;
  for (const auto& [name, schema] : schemas) out[name] = in_openapi(schema);
  return out;
}

json::object object_in_openapi(const json::object& schema) {
  constexpr std::string_view here = "#/$defs/";
  json::object out;
  for (const auto& [key, value] : schema) {
    if (std::ranges::find(not_in_openapi, std::string_view{key}) == not_in_openapi.end()) out[key] = in_openapi(value);
  }
  if (const auto* fields = schema.if_contains("properties")) out["properties"] = each_in_openapi(fields->as_object());
  if (const auto* word = schema.if_contains("const")) out["enum"] = json::array{*word};
  // Of maps; where it says that there is nothing else, later releases may have more.
  if (const auto* values = schema.if_contains("additionalProperties"); values != nullptr && !values->is_bool()) {
    out["additionalProperties"] = in_openapi(*values);
  } else if (values != nullptr && values->get_bool()) {
    out["additionalProperties"] = true;
  }
  if (const auto* types = out.if_contains("type"); types != nullptr && types->is_array())
    out.erase("type");  // any of them
  if (const auto* reference = out.if_contains("$ref"); reference != nullptr && reference->is_string()) {
    const std::string_view target = reference->get_string();
    json::object alone{
        {"$ref", wire::encoded_text(fmt::format("#/components/schemas/{}", target.substr(here.size())))}};
    out.erase("$ref");
    if (out.empty()) return alone;
    out["allOf"] = json::array{std::move(alone)};  // what stands beside a reference is not read
  }
  return out;
}

json::value in_openapi(const json::value& schema) {
  if (const auto* object = schema.if_object()) return object_in_openapi(*object);
  if (const auto* array = schema.if_array()) {
    json::array out;
    for (const auto& item : *array) out.push_back(in_openapi(item));
    return out;
  }
  return schema;
}

template <class... T>
void add_all(wire::Definitions& definitions) {
  json::object ignored;
  (wire::put_schema(ignored, T{}, definitions), ...);
}

void add_list(wire::Definitions& definitions, std::string_view list, std::string_view item) {
  definitions.all[list] = json::object{
      {"type", "object"},
      {"properties", json::object{{"apiVersion", json::object{{"const", "teal/v1"}}},
                                  {"kind", json::object{{"const", wire::encoded_text(list)}}},
                                  {"metadata", wire::reference_to("ObjectMetadata")},
                                  {"items", json::object{{"type", "array"}, {"items", wire::reference_to(item)}}}}}};
}

}  // namespace

json::object api_schemas() {
  wire::Definitions definitions;
  definitions.all = json::parse(wire::forms_schema()).as_object();
  add_all<ApplicationObject, RolloutObject, EventObject, CoreEvent, RegardingEvent, AuditObject, Plan, PreflightObject,
          StatusObject, VersionObject>(definitions);
  add_list(definitions, "ApplicationList", "Application");
  add_list(definitions, "RolloutList", "Rollout");
  add_list(definitions, "EventList", "Event");
  add_list(definitions, "AuditList", "AuditEntry");
  return each_in_openapi(definitions.all);
}

}  // namespace teal::objects
