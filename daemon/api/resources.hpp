// What kinds of objects there are, as Kubernetes' discovery tells them. Which verbs each one has follows from the route
// table, so that nothing is promised that is not served.
//
// Everything is cluster-scoped: see ARCHITECTURE.md, "The API as Kubernetes' clients see it".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace teal::api {

struct Resource {
  std::string_view group;  // empty: the core group
  std::string_view version;
  std::string_view plural;
  std::string_view singular;
  std::string_view kind;
  std::string_view short_names;  // by commas
  std::string_view categories;   // likewise

  // "/apis/teal/v1/applications", "/api/v1/events"
  [[nodiscard]] std::string path() const;
};

[[nodiscard]] std::span<const Resource> resources();
// None: null.
[[nodiscard]] const Resource* find_resource(std::string_view group, std::string_view plural);

// "get", "list", "watch", "create", "update", "patch", "delete": those that its routes answer.
[[nodiscard]] std::vector<std::string> verbs_of(const Resource& resource);

// What stands behind one object: "scale", "rollback".
struct Subresource {
  std::string name;
  std::string_view kind;
  std::string_view group;  // of the kind, where it is another's; version likewise
  std::string_view version;
  std::vector<std::string> verbs;
};
[[nodiscard]] std::vector<Subresource> subresources_of(const Resource& resource);

}  // namespace teal::api
