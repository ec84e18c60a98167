// Names that strangers may well choose, and that are not ours.
#pragma once

#include <string>
#include <vector>

namespace teal::simulation {

[[nodiscard]] inline std::vector<std::string> names_like_ours(const std::string& application) {
  const auto prefix = "teal-" + application;
  return {"by-hand", prefix + "-api-r1", prefix + "-api-r1-0-canary", prefix + "-apis-rx-0"};
}

}  // namespace teal::simulation
