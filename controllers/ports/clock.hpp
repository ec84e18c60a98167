// The only source of time for controllers.
#pragma once

#include "manifests/foundation/time.hpp"

namespace teal::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

}  // namespace teal::ports
