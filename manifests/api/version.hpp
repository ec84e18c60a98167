// Build information of a teald or a teal, and what a teald works with.
#pragma once

#include <string>
#include <vector>

#include "manifests/wire/field.hpp"

namespace teal::objects {

// An engine or a load balancer of teald.yaml, as it answered just now.
struct ReleaseObject {
  std::string name;
  std::string version;  // "Docker 20.10.24"; empty: it was not reached
  std::string message;  // what teald does differently with this release; or why it was not reached

  bool operator==(const ReleaseObject&) const = default;
};

struct VersionObject {
  std::string version;
  std::string revision;  // of the source
  std::vector<ReleaseObject> engines{};
  std::vector<ReleaseObject> load_balancers{};

  bool operator==(const VersionObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<ReleaseObject> auto& release) {
  v.type("Release");
  v("name", release.name);
  v("version", release.version);
  v("message", release.message);
}

template <class V>
void describe(V& v, wire::Is<VersionObject> auto& build) {
  v.type("Version");
  v("version", build.version);
  v("revision", build.revision);
  v("engines", build.engines);
  v("loadBalancers", build.load_balancers);
}

}  // namespace teal::objects
