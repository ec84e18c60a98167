#include "manifests/parse/report.hpp"
#include "manifests/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal {
namespace {

using namespace std::chrono_literals;

void validate_health(const HealthCheck& health, const std::string& path, Rules& rules) {
  rules.require(is_request_path(health.path), path + ".path",
                "expected the path of a request: '/' first, no spaces, control characters or '#'");
  rules.duration(health.interval, 10ms, path + ".interval");
  rules.duration(health.timeout, 10ms, path + ".timeout");
  rules.duration(health.startup, 1ms, path + ".startup");
  rules.range(health.successes, 1, 1000, path + ".successes");
  rules.range(health.failures, 1, 1000, path + ".failures");
  rules.count(health.expected_json.size(), 100, path + ".expect.json");
  for (const auto& [pointer, value] : health.expected_json) {
    rules.require(is_json_pointer(pointer), yaml::child_path(path + ".expect.json", pointer),
                  "not a JSON pointer: expected text like /status (RFC 6901)");
  }
}

}  // namespace

void validate_component(const Component& component, const std::string& path, Rules& rules) {
  rules.range(component.replicas, 0, 100, path + ".replicas");
  rules.command(component.command, path + ".command");
  rules.environment(component.env, path + ".env");
  if (component.port) {
    rules.range(*component.port, 1, 65535, path + ".port");
    validate_health(component.health, path + ".health", rules);
  }
  if (const auto& use = component.load_balancer) {
    static constexpr std::string_view expected = "expected 1 to 102 letters, digits and . - _ :";
    rules.require(is_load_balancer_name(use->name), path + ".loadBalancer.name", expected);
    rules.require(is_load_balancer_name(use->backend), path + ".loadBalancer.backend", expected);
    rules.duration(use->drain, 0ms, path + ".loadBalancer.drain");
    if (!component.port) {
      rules.problem(path + ".loadBalancer",
                    "a load balancer needs a port to send traffic to: give the component a port", path + ".port");
    }
  }
  rules.require(is_signal(component.stop.signal), path + ".stop.signal",
                "expected one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGKILL");
  rules.duration(component.stop.grace, 0ms, path + ".stop.grace");
  if (const auto bytes = component.resources.memory_bytes) {
    constexpr std::int64_t least = 6 * 1024 * 1024;  // Docker refuses less
    rules.require(*bytes >= least && *bytes <= (std::int64_t{1} << 50), path + ".resources.memory",
                  "expected at least 6Mi");
  }
  if (const auto cpus = component.resources.cpus) {
    rules.require(*cpus >= 0.01 && *cpus <= 1024, path + ".resources.cpus", "expected 0.01 to 1024");
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
