// OpenAPI 3.0, made from the route table and the descriptions of what is shown (manifests/api): it cannot promise what
// is not served, nor miss what is sent.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cctype>
#include <set>

#include "daemon/api/handlers.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/runtime/build_info.hpp"
#include "manifests/api/schemas.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

json::object parameter(std::string_view name, const char* where, bool required) {
  json::object out;
  out["name"] = name;
  out["in"] = where;
  out["required"] = required;
  const std::set<std::string_view> numbers{"resourceVersion", "timeoutSeconds", "limit", "attempt", "replica"};
  json::object schema;
  schema["type"] = name == "watch" || name == "follow" || name == "timestamps" ? "boolean"
                   : numbers.contains(name)                                    ? "integer"
                                                                               : "string";
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
  json::object types;
  const auto add = [&](const char* type, const char* kind) {
    json::object media;
    json::object schema;
    schema["$ref"] = std::string("#/components/schemas/") + kind;
    media["schema"] = std::move(schema);
    types[type] = std::move(media);
  };
  if (route.method == "PATCH") {
    add("application/merge-patch+json", "Application");
  } else if (route.method == "PUT" || route.pattern.ends_with("/plan")) {
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

json::object operation(const Route& route) {
  json::object out;
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
  if (route.method == "PUT") responses["201"] = answer("Created", route.produces);
  responses["default"] = answer("What went wrong", "Status");
  out["responses"] = std::move(responses);
  return out;
}

json::object schemas() {
  auto out = objects::api_schemas();
  out["OpenAPI"] = json::object{{"type", "object"}};
  out["RollbackOptions"] = json::parse(R"({"type": "object", "properties": {"toRevision": {"type": "integer",
      "description": "A revision that was complete; default: the one before"}}})");
  out["DeleteOptions"] = json::parse(R"({"type": "object", "properties": {
      "dryRun": {"type": "array", "items": {"type": "string", "enum": ["All"]}},
      "preconditions": {"type": "object", "properties": {"uid": {"type": "string"}, "resourceVersion": {"type": "string"}}},
      "propagationPolicy": {"type": "string"}, "gracePeriodSeconds": {"type": "integer"}}})");
  return out;
}

std::string description() {
  json::object paths;
  for (const auto& route : routes()) {
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
  return wire::json_text(out) + "\n";
}

}  // namespace

// Always the same: made once.
Answer get_openapi(Services&, Request) {
  static const std::string text = description();
  Response response;
  response.body = text;
  co_return response;
}

}  // namespace teal::api
