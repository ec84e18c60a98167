// What only one application may have: two that share it would get in each other's way, and all would look well.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "manifests/spec/application.hpp"

namespace teal::rules {

struct ExclusiveResource {
  enum class Kind { Containers, Backend, Route, Predecessor };
  Kind kind = Kind::Containers;
  // "shop-api", of whose containers the names begin so; "edge/shop_api": load balancer and backend;
  // "edge/shop.example.com/api/": load balancer and what a route matches; "container old-1", "server edge/old1": what
  // it adopts.
  std::string name;

  auto operator<=>(const ExclusiveResource&) const = default;
};

// Each once, sorted.
[[nodiscard]] std::vector<ExclusiveResource> belongings(const spec::Application& application);

// Why another application cannot have what `holder` has, and what to do.
[[nodiscard]] std::string belongs_to(const ExclusiveResource& what, const std::string& holder);

// Who has what among applications that are looked at one after another.
class ExclusiveResources {
 public:
  // Why it cannot have all that it wants, and then it has nothing; none: all of it is this application's from now on.
  [[nodiscard]] std::optional<std::string> claim(const spec::Application& application);

 private:
  std::map<ExclusiveResource, std::string> holders_;
};

}  // namespace teal::rules
