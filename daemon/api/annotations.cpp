#include "daemon/api/annotations.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "manifests/masking/mask_text.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

constexpr char mark = '@';
constexpr std::size_t longest_together = 256 << 10;  // as in Kubernetes

json::object* member_object(json::object& parent, std::string_view key) {
  auto* found = parent.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

void show(json::object& document, const Annotations& annotations) {
  auto* metadata = member_object(document, "metadata");
  if (metadata == nullptr) return;
  if (auto* labels = member_object(*metadata, "labels")) {
    json::object kept;
    for (auto& member : *labels) {
      if (!is_annotation(std::string_view{member.key()})) kept.emplace(member.key(), std::move(member.value()));
    }
    *labels = std::move(kept);
  }
  json::object shown;
  for (const auto& [key, value] : annotations) {
    if (key != ownership_annotation) shown[key] = wire::encoded_text(value);
  }
  if (!shown.empty()) (*metadata)["annotations"] = std::move(shown);
}

// kubectl keeps the whole manifest that was applied in one.
std::string masked_note(const std::string& text) {
  boost::system::error_code error;
  auto document = json::parse(text, error);
  if (error || !document.is_object()) return masking::mask_connection_strings(text);
  wire::mask_document(document);
  return wire::json_text(document) + "\n";
}

}  // namespace

bool is_annotation(std::string_view label_key) { return label_key.starts_with(mark); }

Annotations annotations_of(const spec::Application& application) {
  Annotations annotations;
  for (const auto& [key, value] : application.labels) {
    if (is_annotation(key)) annotations.emplace(key.substr(1), value);
  }
  return annotations;
}

void put_annotations(spec::Application& application, const Annotations& annotations) {
  std::erase_if(application.labels, [](const auto& label) { return is_annotation(label.first); });
  for (const auto& [key, value] : annotations) application.labels.emplace(mark + key, value);
}

Result<Annotations> take_annotations(json::object& document) {
  Annotations annotations;
  auto* metadata = member_object(document, "metadata");
  auto* found = metadata == nullptr ? nullptr : metadata->if_contains("annotations");
  if (found == nullptr) return annotations;
  if (!found->is_null() && !found->is_object()) {
    return Error{ErrorCode::invalid, "metadata.annotations: expected a mapping of text to text"};
  }
  std::size_t size = 0;
  for (const auto& member : found->is_object() ? found->get_object() : json::object{}) {
    const std::string key{std::string_view{member.key()}};
    if (!member.value().is_string() || !spec::is_label_key(key)) {
      return Error{ErrorCode::invalid,
                   "metadata.annotations: expected keys of the form [prefix/]name, as in Kubernetes, and text"};
    }
    const std::string value{std::string_view{member.value().get_string()}};
    size += key.size() + value.size();
    if (!key.starts_with("teal/")) annotations.emplace(key, value);
  }
  if (size > longest_together) return Error{ErrorCode::invalid, "metadata.annotations: longer than 256 KiB together"};
  metadata->erase("annotations");
  return annotations;
}

void show_annotations(json::object& document, const spec::Application& application) {
  show(document, annotations_of(application));
}

void show_annotations_masked(json::object& document, const spec::Application& application) {
  auto annotations = annotations_of(application);
  for (auto& [key, value] : annotations) value = masked_note(value);
  show(document, annotations);
}

}  // namespace teal::api
