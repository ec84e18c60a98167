// Certificates as a load balancer serves them.
#pragma once

#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::world {

struct Certificate {
  std::string name;                // of its file, with its path
  std::vector<std::string> hosts;  // in lower case; "*.example.com" stands for one label
  Time expires{};

  bool operator==(const Certificate&) const = default;
};

}  // namespace teal::world
