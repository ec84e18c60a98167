// How much container output a store keeps.
#pragma once

#include <cstdint>

#include "manifests/foundation/time.hpp"

namespace teal::stores {

struct LogLimits {
  Duration keep = std::chrono::hours{30 * 24};
  std::int64_t max_size = 64 << 20;    // of all together, in bytes
  std::int64_t max_entry = 256 << 10;  // of one

  bool operator==(const LogLimits&) const = default;
};

}  // namespace teal::stores
