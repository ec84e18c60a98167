#include "daemon/drivers/registries/helper_environment.hpp"

#include <algorithm>
#include <array>
#include <string_view>

extern "C" char** environ;

namespace teal::registries {
namespace {

constexpr std::array<std::string_view, 14> everybodys{
    "PATH",     "HOME",       "LANG",       "USER",        "LOGNAME",     "TMPDIR",    "NO_PROXY",
    "no_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"};
constexpr std::array<std::string_view, 4> everybodys_begin{"LC_", "XDG_", "SSL_CERT_", "AWS_"};
constexpr std::array<std::string_view, 9> of_docker_begin{
    "DOCKER_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "GITHUB_", "GITLAB_", "GNUPGHOME", "PASSWORD_STORE_", "DBUS_SESSION_"};

bool is_for(HelperKind kind, std::string_view name) {
  const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
  return std::ranges::find(everybodys, name) != everybodys.end() || std::ranges::any_of(everybodys_begin, begins) ||
         (kind == HelperKind::Docker && std::ranges::any_of(of_docker_begin, begins));
}

}  // namespace

masking::SecretEnvironment helper_environment(HelperKind kind) {
  masking::SecretEnvironment all;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view entry{*variable};
    const auto equals = entry.find('=');
    if (equals == entry.npos || equals == 0) continue;
    const auto name = entry.substr(0, equals);
    if (is_for(kind, name)) all.emplace_back(std::string{name}, masking::Secret{std::string{entry.substr(equals + 1)}});
  }
  return all;
}

}  // namespace teal::registries
