#include "daemon/drivers/engines/docker/identity.hpp"

#include <string_view>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "manifests/spec/application.hpp"

namespace teal::docker {

namespace json = boost::json;

namespace {

constexpr std::string_view our_labels = "teal.";

bool read_labels(const Field& labels, world::Container& container) {
  const auto application = labels["teal.application"].text();
  const auto role = labels["teal.role"].text();
  const auto revision = labels["teal.revision"].whole_number();
  const auto index = labels["teal.index"].whole_number();
  if (!application || application->empty() || !revision || !index) return false;
  if (role != "serve" && role != "migrate") return false;
  // The role decides which of the two counts: the other one may be its image's.
  const auto unit = labels[role == "serve" ? "teal.component" : "teal.job"].text();
  if (!unit || unit->empty()) return false;
  container.application = *application;
  container.role = role == "serve" ? world::Role::Serve : world::Role::Migrate;
  container.unit = *unit;
  container.revision = *revision;
  container.index = *index;
  container.version = labels["teal.version"].text().value_or("");
  container.image_digest = labels["teal.digest"].text().value_or("");
  return true;
}

std::string name_by_labels(const world::Container& labelled) {
  return spec::container_name(labelled.application, labelled.unit, labelled.revision, labelled.index);
}

std::string without_slash(const std::string& name) { return name.starts_with('/') ? name.substr(1) : name; }

bool identify(const Field& labels, std::string name, world::Container& container) {
  world::Container labelled;
  if (!read_labels(labels, labelled) || name != name_by_labels(labelled)) return false;
  container.name = std::move(name);
  container.application = std::move(labelled.application);
  container.unit = std::move(labelled.unit);
  container.role = labelled.role;
  container.revision = labelled.revision;
  container.index = labelled.index;
  container.version = std::move(labelled.version);
  container.image_digest = std::move(labelled.image_digest);
  return true;
}

}  // namespace

json::object labels_of(const ports::ContainerSpec& spec, const std::string& owner,
                       const std::vector<std::string>& labels_of_image) {
  json::object result;
  for (const auto& key : labels_of_image) {
    if (key.starts_with(our_labels)) result[key] = "";
  }
  result["teal.owner"] = owner;
  result["teal.application"] = spec.application;
  result[spec.role == world::Role::Serve ? "teal.component" : "teal.job"] = spec.unit;
  result["teal.role"] = spec.role == world::Role::Serve ? "serve" : "migrate";
  result["teal.revision"] = std::to_string(spec.revision);
  result["teal.index"] = std::to_string(spec.index);
  result["teal.version"] = spec.version;
  result["teal.digest"] = spec.image_digest;
  return result;
}

std::vector<std::string> label_keys(const json::value& image) {
  std::vector<std::string> keys;
  const auto* labels = Field{image}["Config"]["Labels"].object();
  if (labels == nullptr) return keys;
  for (const auto& label : *labels) keys.emplace_back(label.key().data(), label.key().size());
  return keys;
}

std::string name_of(const json::value& inspected) {
  return without_slash(Field{inspected}["Name"].text().value_or(""));
}

std::string listed_name(const json::value& entry) {
  const auto* names = Field{entry}["Names"].list();
  if (names == nullptr || names->empty()) return {};
  return without_slash(Field{names->front()}.text().value_or(""));
}

std::optional<std::string> expected_name(const json::value& inspected) {
  world::Container labelled;
  if (!read_labels(Field{inspected}["Config"]["Labels"], labelled)) return std::nullopt;
  return name_by_labels(labelled);
}

bool read_identity(const json::value& inspected, world::Container& container) {
  return identify(Field{inspected}["Config"]["Labels"], name_of(inspected), container);
}

bool read_listed_identity(const json::value& entry, world::Container& container) {
  return identify(Field{entry}["Labels"], listed_name(entry), container);
}

}  // namespace teal::docker
