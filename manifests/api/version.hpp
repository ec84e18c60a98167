// Build information of a teald or a teal.
#pragma once

#include <string>

#include "manifests/wire/field.hpp"

namespace teal::objects {

struct VersionObject {
  std::string version;
  std::string revision;  // of the source

  bool operator==(const VersionObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<VersionObject> auto& build) {
  v.type("Version");
  v("version", build.version);
  v("revision", build.revision);
}

}  // namespace teal::objects
