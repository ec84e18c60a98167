#include "manifests/parse/report.hpp"
#include "manifests/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal {
namespace {

void validate_health(const HealthCheck& health, const std::string& path, Rules& rules) {
  rules.require(is_request_path(health.path), path + ".path",
                "expected the path of a request: '/' first, no spaces, control characters or '#'");
  rules.count(health.expected_json.size(), 100, path + ".expect.json");
  for (const auto& [pointer, value] : health.expected_json) {
    rules.require(is_json_pointer(pointer), yaml::child_path(path + ".expect.json", pointer),
                  "not a JSON pointer: expected text like /status (RFC 6901)");
  }
}

}  // namespace

void validate_component(const Component& component, const std::string& path, Rules& rules) {
  if (component.port) validate_health(component.health, path + ".health", rules);
  rules.require(is_signal(component.stop.signal), path + ".stop.signal",
                "expected one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGKILL");
  if (const auto bytes = component.resources.memory_bytes) {
    constexpr std::int64_t least = 6 * 1024 * 1024;  // Docker refuses less
    rules.require(*bytes >= least && *bytes <= (std::int64_t{1} << 50), path + ".resources.memory",
                  "expected at least 6Mi");
  }
  rules.mounts(component.mounts, path + ".mounts");
  validate_security(component.security, path + ".security", rules);
  for (std::size_t i = 0; component.secrets_as_files && i < component.mounts.size(); ++i) {
    const auto& target = component.mounts[i].target;
    rules.require(target != "/run/secrets" && !target.starts_with("/run/secrets/"),
                  fmt::format("{}.mounts[{}].target", path, i),
                  "asFiles puts the secrets there: mount it elsewhere, or set asFiles: false");
  }
}

}  // namespace teal
