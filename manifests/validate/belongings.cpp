#include "manifests/validate/belongings.hpp"

#include <fmt/format.h>

#include <set>

namespace teal::rules {

std::vector<Belonging> belongings(const spec::Application& application) {
  std::set<Belonging> all;
  const auto add_unit = [&](const std::string& unit) {
    all.insert({Belonging::Kind::Containers, application.name + "-" + unit});
  };
  for (const auto& component : application.spec.components) {
    add_unit(component.name);
    if (!component.load_balancer) continue;
    all.insert({Belonging::Kind::Backend, component.load_balancer->name + "/" + component.load_balancer->backend});
  }
  for (const auto* job : spec::jobs_and_hooks(application.spec)) add_unit(job->name);
  return {all.begin(), all.end()};
}

std::string belongs_to(const Belonging& what, const std::string& holder) {
  if (what.kind == Belonging::Kind::Containers) {
    return fmt::format("its containers would be named as those of application {} (teal-{}-r…): rename one", holder,
                       what.name);
  }
  return fmt::format(
      "{} belongs to application {}, and servers of two in one backend would mix their users: name "
      "another backend, or delete {} first",
      what.name, holder, holder);
}

std::optional<std::string> Belongings::claim(const spec::Application& application) {
  const auto wanted = belongings(application);
  for (const auto& what : wanted) {
    const auto found = holders_.find(what);
    if (found != holders_.end() && found->second != application.name) return belongs_to(what, found->second);
  }
  for (const auto& what : wanted) holders_.emplace(what, application.name);
  return std::nullopt;
}

}  // namespace teal::rules
