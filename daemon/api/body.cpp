#include "daemon/api/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/api/status_object.hpp"
#include "manifests/parse/parse.hpp"
#include "manifests/wire/json.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

constexpr std::string_view body_name = "request body";

bool is_json(const Request& request) { return request.content_type == "application/json"; }

bool is_yaml(const Request& request) {
  constexpr std::array<std::string_view, 4> types{"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"};
  return std::find(types.begin(), types.end(), request.content_type) != types.end();
}

Read<json::value> parse(const std::string& text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  auto value = json::parse(text, error, {}, options);
  if (error) return {{}, bad_request("the body is not JSON: " + error.message())};
  return {std::move(value), {}};
}

// Storing what the API has masked would replace a credential by three stars.
Read<spec::Application> checked(const std::string& text, const std::string& name) {
  auto parsed = yaml::parse_application(text, body_name);
  if (!parsed.application) return {{}, failure(parsed.diagnostics)};
  if (parsed.application->name != name) {
    return {{},
            bad_request(
                fmt::format("the body's metadata.name is {}, the address says {}", parsed.application->name, name))};
  }
  json::value document = wire::to_json(*parsed.application);
  if (const auto path = wire::mask_document(document); !path.empty()) {
    return {
        {},
        failure(422, "Invalid",
                fmt::format("{}: a credential in the body is masked (***), as the API shows it: write its value or, "
                            "better, where to read it from ({{fromFile: …}})",
                            path))};
  }
  return {std::move(parsed.application), {}};
}

// Takes out what only the server writes. Returns the resourceVersion that was in it.
std::string strip(json::object& document) {
  document.erase("status");
  auto* member = document.if_contains("metadata");
  auto* metadata = member == nullptr ? nullptr : member->if_object();
  if (metadata == nullptr) return {};
  std::string version;
  if (const auto* text = metadata->if_contains("resourceVersion"); text != nullptr && text->is_string()) {
    version.assign(text->as_string().data(), text->as_string().size());
  }
  for (const char* key : {"uid", "generation", "resourceVersion", "creationTimestamp", "annotations"})
    metadata->erase(key);
  return version;
}

}  // namespace

Read<spec::Application> read_application(const Services& services, const Request& request, std::string name) {
  if (is_yaml(request)) return checked(request.body, name);
  if (!is_json(request)) {
    return {{},
            failure(415, "UnsupportedMediaType",
                    "the body must be application/yaml or application/json, and its Content-Type must say so")};
  }
  auto parsed = parse(request.body);
  if (!parsed.value) return {{}, std::move(parsed.refusal)};
  auto* document = parsed.value->if_object();
  if (document == nullptr) return {{}, bad_request("the body must be a JSON object")};
  const std::string version = strip(*document);
  const auto current = services.board.find(name);
  if (!version.empty() && current && version != std::to_string(current->resource_version)) {
    return {{},
            failure(409, "Conflict",
                    fmt::format("application {} was changed meanwhile (resourceVersion {}, yours {}): read it again",
                                name, current->resource_version, version))};
  }
  return checked(json::serialize(*document), name);
}

namespace {

// RFC 7386, section 2. The depth is the parser's bound.
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

}  // namespace

Read<spec::Application> read_patched(const spec::Application& application, const Request& request) {
  if (request.content_type != "application/merge-patch+json") {
    return {{},
            failure(415, "UnsupportedMediaType",
                    "the body must be a JSON merge patch (RFC 7386) with Content-Type application/merge-patch+json")};
  }
  auto patch = parse(request.body);
  if (!patch.value) return {{}, std::move(patch.refusal)};
  if (!patch.value->is_object()) return {{}, bad_request("the body must be a JSON object")};
  (void)strip(patch.value->as_object());
  json::value document = wire::to_json(application);
  merge(document, *patch.value);
  return checked(json::serialize(document), application.name);
}

Read<json::object> read_options(const Request& request) {
  if (request.body.empty()) return {json::object{}, {}};
  if (!is_json(request)) {
    return {{}, failure(415, "UnsupportedMediaType", "the body must be JSON, and its Content-Type application/json")};
  }
  auto parsed = parse(request.body);
  if (!parsed.value) return {{}, std::move(parsed.refusal)};
  if (!parsed.value->is_object()) return {{}, bad_request("the body must be a JSON object")};
  return {std::move(parsed.value->as_object()), {}};
}

}  // namespace teal::api
