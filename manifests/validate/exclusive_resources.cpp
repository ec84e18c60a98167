#include "manifests/validate/exclusive_resources.hpp"

#include <fmt/format.h>

#include <set>

namespace teal::rules {

std::vector<ExclusiveResource> belongings(const spec::Application& application) {
  std::set<ExclusiveResource> all;
  const auto add_unit = [&](const std::string& unit) {
    all.insert({ExclusiveResource::Kind::Containers, application.name + "-" + unit});
  };
  for (const auto& component : application.spec.components) {
    add_unit(component.name);
    if (!component.load_balancer) continue;
    const auto& use = *component.load_balancer;
    all.insert({ExclusiveResource::Kind::Backend, use.name + "/" + use.backend});
    for (const auto& route : use.routes)
      all.insert({ExclusiveResource::Kind::Route, use.name + "/" + spec::route_key(route)});
  }
  if (application.spec.adopt) {
    for (const auto& one : application.spec.adopt->containers)
      all.insert({ExclusiveResource::Kind::Predecessor, "container " + one});
    for (const auto& one : application.spec.adopt->servers)
      all.insert({ExclusiveResource::Kind::Predecessor, "server " + one});
  }
  for (const auto* job : spec::jobs_and_hooks(application.spec)) add_unit(job->name);
  return {all.begin(), all.end()};
}

std::string belongs_to(const ExclusiveResource& what, const std::string& holder) {
  if (what.kind == ExclusiveResource::Kind::Containers) {
    return fmt::format("its containers would be named as those of application {} (teal-{}-r…): rename one", holder,
                       what.name);
  }
  if (what.kind == ExclusiveResource::Kind::Route) {
    return fmt::format(
        "the route {} belongs to application {}, and a request can go to one of them only: give this one another host "
        "or path, or take the route out of {} first",
        what.name, holder, holder);
  }
  if (what.kind == ExclusiveResource::Kind::Predecessor) {
    return fmt::format("spec.adopt: application {} has adopted {} already: take it out of one of the two", holder,
                       what.name);
  }
  return fmt::format(
      "{} belongs to application {}, and servers of two in one backend would mix their users: name "
      "another backend, or delete {} first",
      what.name, holder, holder);
}

std::optional<std::string> ExclusiveResources::claim(const spec::Application& application) {
  const auto wanted = belongings(application);
  for (const auto& what : wanted) {
    const auto found = holders_.find(what);
    if (found != holders_.end() && found->second != application.name) return belongs_to(what, found->second);
  }
  for (const auto& what : wanted) holders_.emplace(what, application.name);
  return std::nullopt;
}

}  // namespace teal::rules
