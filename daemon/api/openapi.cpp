// OpenAPI 3.0, made from the route table and the descriptions of what is shown (manifests/api): it cannot promise what
// is not served, nor miss what is sent.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cctype>
#include <map>
#include <set>

#include "daemon/api/handlers.hpp"
#include "daemon/api/media.hpp"
#include "daemon/api/openapi.hpp"
#include "daemon/api/resources.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/runtime/build_info.hpp"
#include "manifests/api/schemas.hpp"
#include "manifests/foundation/digest.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

json::object parameter(std::string_view name, const char* where, bool required) {
  json::object out;
  out["name"] = name;
  out["in"] = where;
  out["required"] = required;
  const std::set<std::string_view> numbers{"timeoutSeconds", "limit", "attempt", "replica", "gracePeriodSeconds"};
  const std::set<std::string_view> flags{
      "watch", "follow", "timestamps", "allowWatchBookmarks", "force", "sendInitialEvents", "orphanDependents"};
  json::object schema;
  schema["type"] = flags.contains(name) ? "boolean" : numbers.contains(name) ? "integer" : "string";
  if (name == "dryRun") schema["enum"] = json::array{"All"};
  if (name == "fieldValidation") schema["enum"] = json::array{"Strict", "Warn", "Ignore"};
  if (name == "includeObject") schema["enum"] = json::array{"None", "Metadata", "Object"};
  if (name == "resourceVersionMatch") schema["enum"] = json::array{"NotOlderThan", "Exact"};
  if (name == "propagationPolicy") schema["enum"] = json::array{"Background", "Foreground"};
  out["schema"] = std::move(schema);
  return out;
}

json::array parameters(const Route& route) {
  json::array out;
  for (std::string_view rest = route.pattern; rest.find('{') != rest.npos;) {
    rest.remove_prefix(rest.find('{') + 1);
    out.push_back(parameter(rest.substr(0, rest.find('}')), "path", true));
  }
  for (std::string_view rest = route.query; !rest.empty();) {
    const auto comma = rest.find(',');
    out.push_back(parameter(rest.substr(0, comma), "query", false));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
  return out;
}

json::object content(std::string_view produces) {
  const bool is_media_type = produces.find('/') != produces.npos;
  json::object schema;
  if (is_media_type) {
    schema["type"] = "string";
  } else {
    schema["$ref"] = fmt::format("#/components/schemas/{}", produces);
  }
  json::object media;
  media["schema"] = std::move(schema);
  json::object out;
  out[is_media_type ? produces : std::string_view("application/json")] = std::move(media);
  return out;
}

json::object answer(std::string_view description, std::string_view produces) {
  json::object out;
  out["description"] = description;
  out["content"] = content(produces);
  return out;
}

json::object request_body(const Route& route) {
  if (route.method == "GET") return {};
  json::object types;
  const auto add = [&](const char* type, const char* kind) {
    json::object media;
    json::object schema;
    schema["$ref"] = std::string("#/components/schemas/") + kind;
    media["schema"] = std::move(schema);
    types[type] = std::move(media);
  };
  const std::string kind{route.produces};
  if (route.method == "PATCH") {
    add("application/merge-patch+json", kind.c_str());
    add("application/json-patch+json", "JsonPatch");
    if (kind == "Application") add("application/apply-patch+yaml", "Application");
  } else if (kind == "Scale" || kind.starts_with("SelfSubject")) {
    add("application/json", kind.c_str());
  } else if (route.method == "PUT" || route.pattern.ends_with("/plan") || route.pattern.ends_with("/applications")) {
    add("application/json", "Application");
    add("application/yaml", "Application");
  } else if (route.method == "DELETE") {
    add("application/json", "DeleteOptions");
  } else if (route.pattern.ends_with("/rollback")) {
    add("application/json", "RollbackOptions");
  }
  json::object out;
  if (types.empty()) return out;
  out["required"] = route.method != "POST" && route.method != "DELETE";
  out["content"] = std::move(types);
  return out;
}

json::object kind_object(const Resource& resource) {
  return {{"group", wire::encoded_text(resource.group)},
          {"version", wire::encoded_text(resource.version)},
          {"kind", wire::encoded_text(resource.kind)}};
}

// What a client of Kubernetes finds an operation by.
void add_kind(const Route& route, json::object& out) {
  for (const auto& resource : resources()) {
    const auto all = resource.path();
    const bool is_all = route.pattern == all;
    if (!is_all && route.pattern != all + "/{name}") continue;
    out["x-kubernetes-group-version-kind"] = kind_object(resource);
    out["x-kubernetes-action"] = route.method == "GET"     ? (is_all ? "list" : "get")
                                 : route.method == "POST"  ? "post"
                                 : route.method == "PUT"   ? "put"
                                 : route.method == "PATCH" ? "patch"
                                                           : "delete";
  }
}

json::object operation(const Route& route) {
  json::object out;
  add_kind(route, out);
  std::string id;
  for (const char c : std::string(route.method) + std::string(route.pattern)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) id += c;
  }
  out["operationId"] = id;
  out["summary"] = route.summary;
  if (route.needs.role != access::Role::Nobody) {
    out["description"] = route.needs.role == route.needs.role_with_body
                             ? fmt::format("Needs the role {}.", to_string(route.needs.role))
                             : fmt::format("Needs the role {}, with a body the role {}.", to_string(route.needs.role),
                                           to_string(route.needs.role_with_body));
    out["security"] = json::array{json::object{{"token", json::array{}}}};
  }
  if (auto given = parameters(route); !given.empty()) out["parameters"] = std::move(given);
  if (auto body = request_body(route); !body.empty()) out["requestBody"] = std::move(body);
  json::object responses;
  responses["200"] = answer("Done", route.produces);
  if (route.method == "PUT" || route.method == "POST") responses["201"] = answer("Created", route.produces);
  responses["default"] = answer("What went wrong", "Status");
  out["responses"] = std::move(responses);
  return out;
}

void add_kind_to(json::object& schemas, std::string_view schema, std::string_view group, std::string_view plural) {
  const auto* resource = find_resource(group, plural);
  schemas[schema].as_object()["x-kubernetes-group-version-kind"] = json::array{kind_object(*resource)};
}

json::object list_schema(const char* item) {
  return {
      {"type", "object"},
      {"properties",
       json::object{
           {"apiVersion", json::object{{"type", "string"}}},
           {"kind", json::object{{"type", "string"}}},
           {"metadata", json::object{{"$ref", "#/components/schemas/ObjectMetadata"}}},
           {"items", json::object{{"type", "array"},
                                  {"items", json::object{{"$ref", std::string("#/components/schemas/") + item}}}}}}}};
}

json::object schemas() {
  auto out = objects::api_schemas();
  // Kubernetes' own kinds, which are described there.
  for (const char* kind :
       {"OpenAPI", "Swagger", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList", "Namespace",
        "NamespaceList", "Scale", "SelfSubjectReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"}) {
    out[kind] = json::object{{"type", "object"}};
  }
  out["JsonPatch"] = json::object{{"type", "array"}, {"items", json::object{{"type", "object"}}}};
  out["CoreEventList"] = list_schema("CoreEvent");
  out["RegardingEventList"] = list_schema("RegardingEvent");
  out["RollbackOptions"] = json::parse(R"({"type": "object", "properties": {"toRevision": {"type": "integer",
      "description": "A revision that was complete; default: the one before"}}})");
  out["DeleteOptions"] = json::parse(R"({"type": "object", "properties": {
      "dryRun": {"type": "array", "items": {"type": "string", "enum": ["All"]}},
      "preconditions": {"type": "object", "properties": {"uid": {"type": "string"}, "resourceVersion": {"type": "string"}}},
      "propagationPolicy": {"type": "string"}, "gracePeriodSeconds": {"type": "integer"}}})");
  auto& version = out["Version"].as_object()["properties"].as_object();
  for (const char* field : {"major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion",
                            "compiler", "platform"}) {
    version[field] = json::object{{"type", "string"}};
  }
  auto& metadata = out["ObjectMetadata"].as_object()["properties"].as_object();
  metadata["managedFields"] = json::object{{"type", "array"}, {"items", json::object{{"type", "object"}}}};
  metadata["generateName"] = json::object{{"type", "string"}};
  add_kind_to(out, "Application", "teal", "applications");
  add_kind_to(out, "Rollout", "teal", "rollouts");
  add_kind_to(out, "Event", "teal", "events");
  add_kind_to(out, "AuditEntry", "teal", "audit");
  add_kind_to(out, "CoreEvent", "", "events");
  add_kind_to(out, "RegardingEvent", "events.k8s.io", "events");
  add_kind_to(out, "Namespace", "", "namespaces");
  return out;
}

// All of it, or what begins with a path.
json::object description(std::string_view only = "/") {
  json::object paths;
  for (const auto& route : routes()) {
    if (!route.pattern.starts_with(only)) continue;
    json::value& path = paths[route.pattern];
    if (!path.is_object()) path = json::object{};
    std::string method(route.method);
    for (auto& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    path.as_object()[method] = operation(route);
  }
  json::object info;
  info["title"] = "Teal";
  info["version"] = runtime::build_version();
  json::object components;
  components["schemas"] = schemas();
  components["securitySchemes"] = json::object{{"token", json::object{{"type", "http"}, {"scheme", "bearer"}}}};
  json::object out;
  out["openapi"] = "3.0.3";
  out["info"] = std::move(info);
  out["paths"] = std::move(paths);
  out["components"] = std::move(components);
  return out;
}

// Which groups are described where.
json::object index() {
  std::set<std::string> groups;
  for (const auto& resource : resources()) {
    const auto path = resource.path();
    groups.insert(path.substr(1, path.rfind('/') - 1));
  }
  json::object paths;
  for (const auto& group : groups) {
    paths[group] = json::object{
        {"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={}", group, sha256_hex(runtime::build_revision()))}};
  }
  return {{"paths", std::move(paths)}};
}

Response text_answer(std::string text) {
  Response response;
  response.body = std::move(text);
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

}  // namespace

json::object api_description() { return description(); }

// Always the same: made once.
Answer get_openapi(Services&, Request request) {
  static const std::string whole = wire::json_text(description()) + "\n";
  static const std::string groups = wire::json_text(index()) + "\n";
  co_return text_answer(is_untyped_client(request.accept) ? groups : whole);
}

Answer get_openapi_of_group(Services&, Request request) {
  std::string path;
  for (std::size_t i = 2; i < request.segments.size(); ++i) path += "/" + request.segments[i];
  const auto is_in = [&](const Resource& one) { return one.path().starts_with(path + "/"); };
  if (std::ranges::none_of(resources(), is_in)) co_return not_found("there is no such version of a group: see /apis");
  static std::map<std::string, std::string> texts;
  auto& text = texts[path];
  if (text.empty()) text = wire::json_text(description(path)) + "\n";
  co_return text_answer(text);
}

}  // namespace teal::api
