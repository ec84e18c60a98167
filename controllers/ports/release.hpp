// What an engine or a load balancer says that it is.
#pragma once

#include <string>

namespace teal::ports {

struct Release {
  std::string name;    // with its version: "Engine 20.10.24"
  std::string remark;  // what is done differently because of it, for operators; empty: nothing

  bool operator==(const Release&) const = default;
};

}  // namespace teal::ports
