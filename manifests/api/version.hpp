// Build information of a teald or a teal, and what a teald works with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifests/wire/field.hpp"

namespace teal::objects {

// An engine of teald.yaml, as it answered just now.
struct VersionEngine {
  std::string name;
  std::string version;  // "Docker 20.10.24"; empty: it was not reached
  std::string message;  // what teald does differently with this release; or why it was not reached

  bool operator==(const VersionEngine&) const = default;
};

struct VersionBalancer {
  std::string name;
  bool takes_routes = false;
  // As of an engine, for those who may see all applications.
  std::optional<std::string> version{};
  std::optional<std::string> message{};

  bool operator==(const VersionBalancer&) const = default;
};

struct VersionObject {
  std::string version;
  std::string revision;  // of the source
  std::vector<VersionEngine> engines{};
  std::optional<std::vector<VersionBalancer>> load_balancers{};  // of a teald: what manifests may name

  bool operator==(const VersionObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<VersionEngine> auto& engine) {
  v.type("VersionEngine");
  v("name", engine.name);
  v("version", engine.version, {.says = "empty: it was not reached"});
  v("message", engine.message, {.says = "what is done differently with it, or why it was not reached"});
}

template <class V>
void describe(V& v, wire::Is<VersionBalancer> auto& balancer) {
  v.type("VersionLoadBalancer");
  v("name", balancer.name);
  v("takesRoutes", balancer.takes_routes, {.says = "Teal keeps its configuration"});
  v("version", balancer.version, {.says = "for those who may see all applications; empty: it was not reached"});
  v("message", balancer.message, {.says = "what is done differently with it, or why it was not reached"});
}

template <class V>
void describe(V& v, wire::Is<VersionObject> auto& build) {
  v.type("Version");
  v("version", build.version);
  v("revision", build.revision);
  v("engines", build.engines, {.says = "of a teald: for those who may see all applications"});
  v("loadBalancers", build.load_balancers, {.says = "of a teald: those that manifests may name"});
}

}  // namespace teal::objects
