#include "daemon/api/resources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/api/routes.hpp"

namespace teal::api {
namespace {

constexpr Resource every_resource[] = {
    {"", "v1", "events", "event", "Event", "ev", ""},
    {"", "v1", "namespaces", "namespace", "Namespace", "ns", ""},
    {"teal", "v1", "applications", "application", "Application", "app,apps", "all,teal"},
    {"teal", "v1", "rollouts", "rollout", "Rollout", "ro,ros", "all,teal"},
    {"teal", "v1", "events", "event", "Event", "", ""},
    {"teal", "v1", "audit", "auditentry", "AuditEntry", "", ""},
    {"events.k8s.io", "v1", "events", "event", "Event", "ev", ""},
    {"authentication.k8s.io", "v1", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview", "", ""},
    {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview", "SelfSubjectAccessReview", "",
     ""},
    {"authorization.k8s.io", "v1", "selfsubjectrulesreviews", "selfsubjectrulesreview", "SelfSubjectRulesReview", "",
     ""},
};

std::string_view verb_of_one(std::string_view method) {
  if (method == "GET") return "get";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  return method == "DELETE" ? "delete" : "create";
}

}  // namespace

std::string Resource::path() const {
  return group.empty() ? fmt::format("/api/{}/{}", version, plural)
                       : fmt::format("/apis/{}/{}/{}", group, version, plural);
}

std::span<const Resource> resources() { return every_resource; }

const Resource* find_resource(std::string_view group, std::string_view plural) {
  const auto found = std::ranges::find_if(
      every_resource, [&](const Resource& one) { return one.group == group && one.plural == plural; });
  return found == std::end(every_resource) ? nullptr : found;
}

std::vector<std::string> verbs_of(const Resource& resource) {
  const auto all = resource.path();
  const auto one = all + "/{name}";
  std::vector<std::string> verbs;
  for (const auto& route : routes()) {
    if (route.pattern == all && route.method == "GET") {
      verbs.emplace_back("list");
      if (route.query.find("watch") != std::string_view::npos) verbs.emplace_back("watch");
    } else if (route.pattern == all || route.pattern == one) {
      verbs.emplace_back(verb_of_one(route.method));
    }
  }
  std::ranges::sort(verbs);
  return verbs;
}

std::vector<Subresource> subresources_of(const Resource& resource) {
  const auto before = resource.path() + "/{name}/";
  std::vector<Subresource> found;
  for (const auto& route : routes()) {
    if (!route.pattern.starts_with(before)) continue;
    const std::string name{route.pattern.substr(before.size())};
    auto known = std::ranges::find(found, name, &Subresource::name);
    if (known == found.end()) {
      const bool is_text = route.produces.find('/') != std::string_view::npos;
      Subresource one{name, is_text ? resource.kind : route.produces, {}, {}, {}};
      if (one.kind == "Scale") one.group = "autoscaling", one.version = "v1";
      if (one.kind == "Status") one.version = "v1";
      known = found.insert(found.end(), std::move(one));
    }
    known->verbs.emplace_back(verb_of_one(route.method));
  }
  return found;
}

}  // namespace teal::api
