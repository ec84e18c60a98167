// Build information of a teald or a teal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifests/wire/field.hpp"

namespace teal::objects {

struct VersionBalancer {
  std::string name;
  bool takes_routes = false;

  bool operator==(const VersionBalancer&) const = default;
};

struct VersionObject {
  std::string version;
  std::string revision;                                          // of the source
  std::optional<std::vector<VersionBalancer>> load_balancers{};  // of a teald: what manifests may name

  bool operator==(const VersionObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<VersionBalancer> auto& balancer) {
  v.type("VersionLoadBalancer");
  v("name", balancer.name);
  v("takesRoutes", balancer.takes_routes, {.says = "Teal keeps its configuration"});
}

template <class V>
void describe(V& v, wire::Is<VersionObject> auto& build) {
  v.type("Version");
  v("version", build.version);
  v("revision", build.revision);
  v("loadBalancers", build.load_balancers, {.says = "of a teald: those that manifests may name"});
}

}  // namespace teal::objects
