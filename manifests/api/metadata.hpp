// `metadata` of everything that the API shows. What does not apply to a kind is left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "manifests/foundation/time.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

struct ObjectMetadata {
  std::string name;
  std::string name_space{};  // of Kubernetes' own kinds alone: none of ours has one
  std::optional<std::map<std::string, std::string>> labels;
  std::string uid;
  std::int64_t generation = 0;
  std::string resource_version;
  std::optional<Time> created;
  std::map<std::string, std::string> annotations;
  std::string continues;                  // of a list that goes on: what to ask for the rest with
  std::optional<std::int64_t> remaining;  // how many there are in that rest, where it is known

  bool operator==(const ObjectMetadata&) const = default;
};

template <class V>
void describe(V& v, wire::Is<ObjectMetadata> auto& metadata) {
  v.type("ObjectMetadata");
  v("name", metadata.name, wire::unless_default);
  v("namespace", metadata.name_space, wire::unless_default);
  v("labels", metadata.labels);
  v("uid", metadata.uid, wire::unless_default);
  v("generation", metadata.generation, wire::unless_default);
  v("resourceVersion", metadata.resource_version, wire::unless_default);
  v("creationTimestamp", metadata.created);
  v("annotations", metadata.annotations, wire::unless_default);
  v("continue", metadata.continues, wire::unless_default);
  v("remainingItemCount", metadata.remaining);
}

}  // namespace teal::objects
