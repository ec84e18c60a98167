// What a manifest names of teald.yaml, held against what that has. Pure.
//
// Only teald knows it, so a text is right or wrong by itself first (validate.hpp) and in its place by these rules.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manifests/spec/application.hpp"
#include "manifests/validate/validate.hpp"

namespace teal::rules {

struct PlacedBalancer {
  bool takes_routes = false;  // Teal keeps its configuration

  bool operator==(const PlacedBalancer&) const = default;
};

struct Places {
  std::map<std::string, PlacedBalancer> load_balancers;  // by name

  bool operator==(const Places&) const = default;
};

// Load balancers that there are not, and routes on one that people configure.
[[nodiscard]] std::vector<Problem> place_problems(const spec::Application& application, const Places& places);

}  // namespace teal::rules
