// What `teal init` knows of a teald.yaml, and the one that it writes where there is none.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace teal::cli {

struct TealdConfig {
  struct LoadBalancer {
    std::string name;
    bool managed = false;  // by teald, so that it takes routes
  };
  bool is_there = false;
  std::vector<LoadBalancer> load_balancers;  // empty also where it cannot be read: that is teald's to complain of

  // None: this load balancer is not known.
  [[nodiscard]] std::optional<bool> manages(const std::string& load_balancer) const;
};

[[nodiscard]] TealdConfig look_at_teald_config(const std::string& path);

// The configuration that the package teald brings along, with its remarks.
[[nodiscard]] std::string first_teald_config();

}  // namespace teal::cli
