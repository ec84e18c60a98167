// Builds the engine's request for a container from the controllers' specification.
#pragma once

#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "daemon/drivers/engines/docker/log_bounds.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

// What the controllers do not know of where it is made.
struct Surroundings {
  std::string owner;
  std::vector<std::string> labels_of_image;  // their keys
  LogBounds logs;                            // what is left to us is bounded: 10 MB a file, three of them
  bool init = false;                         // docker-init is to be its process 1
  std::string files;  // the folder of its secret files on the engine's host, mounted read-only; empty: it has none
};

// Errors: invalid (an environment name or value that cannot be one; it is named, its value is not).
[[nodiscard]] Result<std::string> create_body(const ports::ContainerSpec& spec, const Surroundings& surroundings);

// `message` without the values of `env` (C2): engines quote what they refuse.
[[nodiscard]] std::string without_secrets(std::string message, const masking::SecretEnvironment& env);

}  // namespace teal::docker
