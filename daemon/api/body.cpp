#include "daemon/api/body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <random>

#include "daemon/api/annotations.hpp"
#include "daemon/api/json_patch.hpp"
#include "daemon/api/ownership.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/yaml_document.hpp"
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

std::string time_of_writing() {
  return format_time(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

Named application_named(const std::string& name) { return {"teal", "Application", name}; }

Read<UnknownKeys> validation_of(const Request& request) {
  const auto wish = text_parameter(request, "fieldValidation");
  if (wish.empty() || wish == "Strict") return {UnknownKeys::Refused, {}};
  if (wish == "Warn") return {UnknownKeys::Told, {}};
  if (wish == "Ignore") return {UnknownKeys::Dropped, {}};
  return {{}, bad_request("fieldValidation must be Strict, Warn or Ignore")};
}

constexpr std::string_view unknown_key = "unknown key ";

bool is_unknown_key(const spec::Diagnostic& diagnostic) { return diagnostic.message.starts_with(unknown_key); }

// Takes out what a path of a diagnostic leads to: spec.components[0]["a key"]. False: it is not there.
bool erase_at(json::value& document, std::string_view path) {
  auto* at = &document;
  while (at != nullptr) {
    std::string key;
    bool is_index = false;
    if (path.starts_with('[')) {
      const auto end = path.starts_with("[\"") ? path.find("\"]") : path.find(']');
      if (end == std::string_view::npos) return false;
      is_index = path[1] != '"';
      key = is_index ? path.substr(1, end - 1) : path.substr(2, end - 2);
      path.remove_prefix(end + (is_index ? 1 : 2));
    } else {
      const auto end = path.find_first_of(".[");
      key = path.substr(0, end);
      path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
    if (path.starts_with('.')) path.remove_prefix(1);
    auto* object = at->if_object();
    if (path.empty() && object != nullptr) return object->erase(key) > 0;
    auto* array = at->if_array();
    const auto index = is_index ? std::strtoul(key.c_str(), nullptr, 10) : 0;
    if (is_index) {
      at = array != nullptr && index < array->size() ? &(*array)[index] : nullptr;
    } else {
      at = object != nullptr ? object->if_contains(key) : nullptr;
    }
  }
  return false;
}

// Storing what the API has masked would replace a credential by three stars.
Read<Submitted> checked(const std::string& text, const std::string& name) {
  auto parsed = yaml::parse_application(text, body_name);
  if (!parsed.application) return {{}, failure(parsed.diagnostics, application_named(name))};
  if (!name.empty() && parsed.application->name != name) {
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
  return {Submitted{std::move(*parsed.application)}, {}};
}

// The same of a document, which may have annotations, and keys that are not known if whoever sends it does not mind.
Read<Submitted> checked(json::value document, const std::string& name, UnknownKeys unknown) {
  auto annotations = take_annotations(document.as_object());
  if (!annotations) return {{}, failure(422, "Invalid", annotations.error().message, application_named(name))};
  std::vector<std::string> warnings;
  while (unknown != UnknownKeys::Refused) {
    const auto parsed = yaml::parse_application(json::serialize(document), body_name);
    bool has_dropped = false;
    for (const auto& diagnostic : parsed.diagnostics) {
      if (!is_unknown_key(diagnostic) || !erase_at(document, diagnostic.path)) continue;
      has_dropped = true;
      if (unknown == UnknownKeys::Told) warnings.push_back(fmt::format("unknown field \"{}\"", diagnostic.path));
    }
    if (!has_dropped) break;
  }
  auto submitted = checked(json::serialize(document), name);
  if (!submitted.value) return submitted;
  put_annotations(submitted.value->application, *annotations);
  submitted.value->warnings = std::move(warnings);
  return submitted;
}

std::string text_member(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

json::object* metadata_of(json::object& document) {
  auto* member = document.if_contains("metadata");
  return member == nullptr ? nullptr : member->if_object();
}

// What only the server writes, as it was in the document.
struct ServersOwn {
  std::string resource_version;
  std::string uid;
  std::string generate_name;
  std::optional<json::array> managed_fields;
};

ServersOwn strip(json::object& document) {
  document.erase("status");
  auto* metadata = metadata_of(document);
  if (metadata == nullptr) return {};
  ServersOwn own{text_member(*metadata, "resourceVersion"),
                 text_member(*metadata, "uid"),
                 text_member(*metadata, "generateName"),
                 {}};
  if (const auto* fields = metadata->if_contains("managedFields"); fields != nullptr && fields->is_array())
    own.managed_fields = fields->get_array();
  for (const char* key :
       {"uid", "generation", "resourceVersion", "creationTimestamp", "managedFields", "selfLink", "namespace",
        "generateName", "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "ownerReferences"})
    metadata->erase(key);
  for (const char* key : {"annotations", "labels"}) {
    if (const auto* map = metadata->if_contains(key); map != nullptr && map->is_null()) metadata->erase(key);
  }
  return own;
}

// Whether what is there is still what whoever asks has read.
std::optional<Response> refuse_stale(const status::SharedView& view, const ServersOwn& own, const std::string& name) {
  const auto conflict_with = [&](std::string_view what) {
    return failure(409, "Conflict", fmt::format("application {} {}: read it again", name, what),
                   {"teal", "applications", name});
  };
  if (!own.resource_version.empty() && own.resource_version != "0") {
    if (!view) return conflict_with("does not exist any more");
    if (own.resource_version != std::to_string(view->resource_version)) {
      return conflict_with(fmt::format("was changed meanwhile (resourceVersion {}, yours {})", view->resource_version,
                                       own.resource_version));
    }
  }
  if (view && !own.uid.empty() && own.uid != view->record.uid) {
    return conflict_with(fmt::format("was recreated (uid {}, yours {})", view->record.uid, own.uid));
  }
  return std::nullopt;
}

std::string generated(const std::string& beginning) {
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  std::random_device random;
  std::uniform_int_distribution<std::size_t> any{0, letters.size() - 1};
  std::string name = beginning;
  for (int i = 0; i < 5; ++i) name += letters[any(random)];
  return name;
}

Ownership ownership_of(const status::SharedView& view) {
  if (!view) return {};
  const auto notes = annotations_of(view->record.application);
  const auto found = notes.find(std::string{ownership_annotation});
  return found == notes.end() ? Ownership{} : Ownership::of_text(found->second);
}

void put_ownership(const Ownership& ownership, spec::Application& application) {
  auto notes = annotations_of(application);
  notes.erase(std::string{ownership_annotation});
  if (!ownership.empty()) notes.emplace(ownership_annotation, ownership.text());
  put_annotations(application, notes);
}

bool says_who_manages(const spec::Application& application) {
  return annotations_of(application).contains(std::string{ownership_annotation});
}

// As clients see it, but with nothing masked.
json::object document_of(const spec::Application& application) {
  auto document = wire::to_json(application);
  show_annotations(document, application);
  return document;
}

// The same with what belongs to the API beside it: what patches are written for.
json::object whole_document(const status::SharedView& view) {
  auto document = document_of(view->record.application);
  auto& metadata = document["metadata"].as_object();
  metadata["uid"] = view->record.uid;
  metadata["resourceVersion"] = std::to_string(view->resource_version);
  metadata["generation"] = view->record.generation;
  if (says_who_manages(view->record.application)) metadata["managedFields"] = ownership_of(view).managed_fields();
  return document;
}

constexpr std::string_view merge_type = "application/merge-patch+json";
constexpr std::string_view patch_type = "application/json-patch+json";
constexpr std::string_view apply_types[] = {"application/apply-patch+yaml", "application/apply-patch+json"};

Response unsupported_patch() {
  auto refusal = failure(415, "UnsupportedMediaType",
                         "a PATCH is a JSON merge patch (application/merge-patch+json), a JSON patch "
                         "(application/json-patch+json) or an apply patch (application/apply-patch+yaml), and its "
                         "Content-Type says which");
  refusal.headers.emplace_back("Accept-Patch", fmt::format("{}, {}, {}", merge_type, patch_type, apply_types[0]));
  return refusal;
}

Read<json::object> patched_document(json::object before, const Request& request) {
  const bool is_merge = request.content_type == merge_type;
  if (!is_merge && request.content_type != patch_type) return {{}, unsupported_patch()};
  auto patch = parse(request.body);
  if (!patch.value) return {{}, std::move(patch.refusal)};
  json::value document = std::move(before);
  if (is_merge) {
    if (!patch.value->is_object()) return {{}, bad_request("the body must be a JSON object")};
    merge(document, *patch.value);
  } else {
    if (!patch.value->is_array()) return {{}, bad_request("a JSON patch is a list of operations")};
    auto done = patched(std::move(document), patch.value->get_array());
    if (!done && done.error().code == ErrorCode::invalid) return {{}, bad_request(done.error().message)};
    if (!done) return {{}, failure(422, "Invalid", done.error().message)};
    document = std::move(*done);
  }
  if (!document.is_object()) return {{}, bad_request("the patch leaves no object")};
  return {std::move(document.as_object()), {}};
}

}  // namespace

Read<Submitted> read_application(const Services& services, const Request& request, std::string name) {
  if (is_yaml(request)) return checked(request.body, name);
  if (!is_json(request)) {
    return {{},
            failure(415, "UnsupportedMediaType",
                    "the body must be application/yaml or application/json, and its Content-Type must say so")};
  }
  const auto unknown = validation_of(request);
  if (!unknown.value) return {{}, unknown.refusal};
  auto parsed = parse(request.body);
  if (!parsed.value) return {{}, std::move(parsed.refusal)};
  auto* document = parsed.value->if_object();
  if (document == nullptr) return {{}, bad_request("the body must be a JSON object")};
  const auto own = strip(*document);
  if (auto* metadata = metadata_of(*document); name.empty() && metadata != nullptr) {
    if (!metadata->contains("name") && !own.generate_name.empty()) (*metadata)["name"] = generated(own.generate_name);
    name = text_member(*metadata, "name");
  }
  if (auto refusal = refuse_stale(services.board.find(name), own, name)) return {{}, std::move(refusal)};
  return checked(std::move(*parsed.value), name, *unknown.value);
}

Read<Submitted> read_patched(const status::SharedView& view, const Request& request) {
  const auto& name = view->record.application.name;
  const auto unknown = validation_of(request);
  if (!unknown.value) return {{}, unknown.refusal};
  auto document = patched_document(whole_document(view), request);
  if (!document.value) return {{}, std::move(document.refusal)};
  const auto own = strip(*document.value);
  if (auto refusal = refuse_stale(view, own, name)) return {{}, std::move(refusal)};
  auto submitted = checked(std::move(*document.value), name, *unknown.value);
  const bool says_who = own.managed_fields && *own.managed_fields != ownership_of(view).managed_fields();
  if (submitted.value && says_who) put_ownership(Ownership::of(*own.managed_fields), submitted.value->application);
  return submitted;
}

bool is_apply(const Request& request) {
  return std::ranges::find(apply_types, std::string_view{request.content_type}) != std::end(apply_types);
}

Read<Submitted> read_applied(const status::SharedView& view, const Request& request, const std::string& name) {
  const auto unknown = validation_of(request);
  if (!unknown.value) return {{}, unknown.refusal};
  const auto manager = text_parameter(request, "fieldManager");
  const auto force = flag_parameter(request, "force");
  if (manager.empty()) return {{}, bad_request("an apply patch wants fieldManager, the name of who applies")};
  if (!force) return {{}, bad_request(force.error().message)};
  auto read = yaml_document(request.body);
  if (!read) return {{}, bad_request(read.error().message)};
  auto* document = read->if_object();
  if (document == nullptr) return {{}, bad_request("the body must be an object")};
  if (text_member(*document, "apiVersion") != "teal/v1" || text_member(*document, "kind") != "Application") {
    return {{}, bad_request("the body must say apiVersion: teal/v1 and kind: Application")};
  }
  const auto own = strip(*document);
  if (own.managed_fields && !own.managed_fields->empty())
    return {{}, bad_request("metadata.managedFields must not be in what is applied")};
  if (auto refusal = refuse_stale(view, own, name)) return {{}, std::move(refusal)};
  auto ownership = ownership_of(view);
  const auto fields = fields_of(*document);
  const auto live = view ? document_of(view->record.application) : json::object{};
  json::value merged = live;
  remove_fields(merged.as_object(), ownership.given_up(manager, fields));
  merge_applied(merged, *read);
  auto submitted = checked(std::move(merged), name, *unknown.value);
  if (!submitted.value) return submitted;
  const auto wanted = document_of(submitted.value->application);
  if (auto causes = ownership.conflicts(manager, fields, live, wanted); !causes.empty() && !*force) {
    std::string message = fmt::format("Apply failed with {} conflict{}:", causes.size(), causes.size() == 1 ? "" : "s");
    for (const auto& cause : causes) message += fmt::format(" {}: {}", cause.message, cause.field);
    return {{}, conflict(message, std::move(causes), {"teal", "applications", name})};
  }
  ownership.applied(manager, fields, live, wanted, time_of_writing());
  put_ownership(ownership, submitted.value->application);
  return submitted;
}

void note_manager(const status::SharedView& view, const Request& request, spec::Application& application) {
  if (says_who_manages(application)) return;  // they say themselves who manages what
  auto ownership = ownership_of(view);
  auto manager = text_parameter(request, "fieldManager");
  if (manager.empty() && ownership.empty()) return;
  if (manager.empty()) manager = request.by.name;
  const auto live = view ? document_of(view->record.application) : json::object{};
  ownership.updated(manager, live, document_of(application), time_of_writing());
  put_ownership(ownership, application);
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

Read<json::object> read_changed(json::object before, const Request& request) {
  return request.method == "PATCH" ? patched_document(std::move(before), request) : read_options(request);
}

}  // namespace teal::api
