// Swagger 2.0, made from the OpenAPI document: kubectl before 1.27 explains and validates by it, and reads it as a
// protocol buffer (gnostic's OpenAPIv2.proto) alone.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "daemon/api/handlers.hpp"
#include "daemon/api/media.hpp"
#include "daemon/api/openapi.hpp"
#include "daemon/api/proto_text.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

constexpr std::string_view proto_type = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
// As it is answered: Go's parser, and so kubectl 1.20, takes no "@" in a type.
constexpr std::string_view answered_proto_type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

std::string string_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

std::string in_definitions(std::string_view reference) {
  return "#/definitions/" + std::string{reference.substr(reference.rfind('/') + 1)};
}

// What Swagger 2.0 has of a schema; of several alternatives, nothing.
json::object swagger_schema(const json::object& schema) {
  json::object out;
  if (const auto reference = string_at(schema, "$ref"); !reference.empty()) {
    out["$ref"] = in_definitions(reference);
    return out;
  }
  // A reference with something beside it.
  if (const auto* all = schema.if_contains("allOf"); all != nullptr && all->as_array().size() == 1) {
    return swagger_schema(all->as_array().front().as_object());
  }
  for (const char* key : {"type", "format", "description", "x-kubernetes-group-version-kind"}) {
    if (const auto* found = schema.if_contains(key)) out[key] = *found;
  }
  if (const auto* fields = schema.if_contains("properties")) {
    json::object properties;
    for (const auto& [name, field] : fields->as_object()) properties[name] = swagger_schema(field.as_object());
    out["properties"] = std::move(properties);
  }
  if (const auto* items = schema.if_contains("items"); items != nullptr && items->is_object())
    out["items"] = swagger_schema(items->get_object());
  const auto* more = schema.if_contains("additionalProperties");
  if (more != nullptr && more->is_object()) out["additionalProperties"] = swagger_schema(more->get_object());
  return out;
}

json::object swagger_parameter(const json::object& parameter) {
  json::object out = parameter;
  const auto schema = out["schema"].as_object();
  out.erase("schema");
  for (const char* key : {"type", "enum"}) {
    if (const auto* found = schema.if_contains(key)) out[key] = *found;
  }
  return out;
}

json::object swagger_operation(const json::object& operation) {
  json::object out;
  for (const char* key :
       {"operationId", "summary", "description", "x-kubernetes-group-version-kind", "x-kubernetes-action"}) {
    if (const auto* found = operation.if_contains(key)) out[key] = *found;
  }
  json::array parameters;
  if (const auto* given = operation.if_contains("parameters")) {
    for (const auto& one : given->as_array()) parameters.push_back(swagger_parameter(one.as_object()));
  }
  if (operation.contains("requestBody")) {
    parameters.push_back(json::object{
        {"name", "body"}, {"in", "body"}, {"required", false}, {"schema", json::object{{"type", "object"}}}});
  }
  out["parameters"] = std::move(parameters);
  out["responses"] = json::object{{"default", json::object{{"description", "see /openapi/v3"}}}};
  return out;
}

json::object swagger() {
  const auto whole = api_description();
  json::object paths;
  for (const auto& [path, operations] : whole.at("paths").as_object()) {
    json::object item;
    for (const auto& [method, operation] : operations.as_object())
      item[method] = swagger_operation(operation.as_object());
    paths[path] = std::move(item);
  }
  json::object definitions;
  for (const auto& [name, schema] : whole.at("components").at("schemas").as_object())
    definitions[name] = swagger_schema(schema.as_object());
  return {{"swagger", "2.0"},
          {"info", whole.at("info")},
          {"paths", std::move(paths)},
          {"definitions", std::move(definitions)}};
}

// The numbers of the fields are those of OpenAPIv2.proto.

ProtoMessage extension_of(std::string_view name, const json::value& value) {
  ProtoMessage any;
  any.text(2, wire::json_text(value));  // JSON is YAML
  ProtoMessage named;
  named.text(1, name);
  named.message(2, any);
  return named;
}

void put_extensions(ProtoMessage& out, int field, const json::object& object) {
  for (const auto& [key, value] : object) {
    if (key.starts_with("x-")) out.message(field, extension_of(std::string_view{key}, value));
  }
}

ProtoMessage schema_message(const json::object& schema) {
  ProtoMessage out;
  out.text(1, string_at(schema, "$ref"));
  out.text(2, string_at(schema, "format"));
  out.text(4, string_at(schema, "description"));
  if (const auto* more = schema.if_contains("additionalProperties")) {
    ProtoMessage item;
    item.message(1, schema_message(more->as_object()));
    out.message(21, item);
  }
  if (const auto type = string_at(schema, "type"); !type.empty()) {
    ProtoMessage item;
    item.text(1, type);
    out.message(22, item);
  }
  if (const auto* items = schema.if_contains("items")) {
    ProtoMessage item;
    item.message(1, schema_message(items->as_object()));
    out.message(23, item);
  }
  if (const auto* fields = schema.if_contains("properties")) {
    ProtoMessage properties;
    for (const auto& [name, field] : fields->as_object()) {
      ProtoMessage named;
      named.text(1, std::string_view{name});
      named.message(2, schema_message(field.as_object()));
      properties.message(1, named);
    }
    out.message(25, properties);
  }
  put_extensions(out, 31, schema);
  return out;
}

ProtoMessage parameter_message(const json::object& parameter) {
  ProtoMessage about;
  const auto where = string_at(parameter, "in");
  about.flag(1, where == "path");
  about.text(2, where);
  about.text(4, string_at(parameter, "name"));
  about.text(where == "path" ? 5 : 6, string_at(parameter, "type"));
  ProtoMessage non_body;
  non_body.message(where == "path" ? 4 : 3, about);
  ProtoMessage one;
  one.message(2, non_body);
  ProtoMessage item;
  item.message(1, one);
  return item;
}

ProtoMessage operation_message(const json::object& operation) {
  ProtoMessage out;
  out.text(2, string_at(operation, "summary"));
  out.text(5, string_at(operation, "operationId"));
  for (const auto& parameter : operation.at("parameters").as_array()) {
    if (string_at(parameter.as_object(), "in") != "body") out.message(8, parameter_message(parameter.as_object()));
  }
  put_extensions(out, 13, operation);
  return out;
}

ProtoMessage path_message(const json::object& operations) {
  ProtoMessage out;
  const std::pair<const char*, int> methods[] = {{"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  for (const auto& [method, field] : methods) {
    if (const auto* operation = operations.if_contains(method))
      out.message(field, operation_message(operation->as_object()));
  }
  return out;
}

std::string as_proto(const json::object& document) {
  ProtoMessage info;
  info.text(1, string_at(document.at("info").as_object(), "title"));
  info.text(2, string_at(document.at("info").as_object(), "version"));
  ProtoMessage paths;
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    ProtoMessage named;
    named.text(1, std::string_view{path});
    named.message(2, path_message(operations.as_object()));
    paths.message(2, named);
  }
  ProtoMessage definitions;
  for (const auto& [name, schema] : document.at("definitions").as_object()) {
    ProtoMessage named;
    named.text(1, std::string_view{name});
    named.message(2, schema_message(schema.as_object()));
    definitions.message(1, named);
  }
  ProtoMessage out;
  out.text(1, "2.0");
  out.message(2, info);
  out.message(8, paths);
  out.message(9, definitions);
  return out.bytes();
}

}  // namespace

// Always the same: made once.
Answer get_openapi_v2(Services&, Request request) {
  Response response;
  response.headers.emplace_back("Vary", "Accept");
  const bool takes_json = takes_media(request.accept, "application/json");
  if (!takes_json && !takes_media(request.accept, proto_type) && !takes_media(request.accept, answered_proto_type)) {
    co_return failure(406, "NotAcceptable", "this address answers application/json and OpenAPI's protocol buffer");
  }
  if (takes_json) {
    static const std::string text = wire::json_text(swagger()) + "\n";
    response.body = text;
  } else {
    static const std::string bytes = as_proto(swagger());
    response.body = bytes;
    response.content_type = answered_proto_type;
  }
  co_return response;
}

}  // namespace teal::api
