// Docker's config.json: user names and passwords by registry, and credential helpers.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "controllers/ports/registry.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::docker_config {

struct DockerConfig {
  std::map<std::string, ports::RegistryLogin> logins;  // by host[:port]; without server and source
  std::map<std::string, std::string> helpers;          // by host[:port]: the "ecr-login" of docker-credential-ecr-login
  std::string store;                                   // the helper for every other; empty: none
};

// Errors: invalid, naming the path and the key, never a value.
[[nodiscard]] Result<DockerConfig> parse_docker_config(std::string_view text, const std::string& path);

// Runs `docker-credential-<helper> get` for this registry; it is given 20 s, and killed once `stopping` is set. Blocks:
// for a BlockingPool. A helper that knows nothing of it is an anonymous login. Errors: invalid (its name, garbage),
// not_found, denied, timed_out, cancelled.
[[nodiscard]] Result<ports::RegistryLogin> ask_helper(const std::string& helper, const std::string& server,
                                                      std::shared_ptr<const std::atomic<bool>> stopping,
                                                      Duration deadline = std::chrono::seconds{20});

// "https://index.docker.io/v1/" → "docker.io"; "https://registry.example/v2/" → "registry.example".
[[nodiscard]] std::string registry_of(std::string_view key);

}  // namespace teal::docker_config
