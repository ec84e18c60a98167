#include "daemon/drivers/registries/helper_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "manifests/text_rules.hpp"

extern "C" char** environ;

namespace teal {
namespace {

constexpr std::array<std::string_view, 6> prefixes{"AWS_", "AZURE_", "DOCKER_", "GOOGLE_", "GITHUB_", "GITLAB_"};

bool is_theirs(std::string_view name) {
  return !sounds_secret(name) ||
         std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

SecretEnvironment helper_environment() {
  SecretEnvironment all;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view entry{*variable};
    const auto equals = entry.find('=');
    if (equals == entry.npos || equals == 0) continue;
    const auto name = entry.substr(0, equals);
    if (is_theirs(name)) all.emplace_back(std::string{name}, Secret{std::string{entry.substr(equals + 1)}});
  }
  return all;
}

}  // namespace teal
