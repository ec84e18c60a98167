#include <set>

#include "manifests/parse/report.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal::rules {
namespace {

bool is_text_of_header(std::string_view text) { return text.size() <= 8192 && !spec::has_control_character(text); }

void validate_headers(const spec::Environment& headers, const std::string& path, Rules& rules) {
  rules.count(headers.size(), 50, path);
  std::set<std::string> seen;
  for (const auto& [name, source] : headers) {
    const auto where = yaml::child_path(path, name);
    std::string lower;
    for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    static const std::set<std::string> own{"connection", "content-length",    "expect", "keep-alive", "te",
                                           "trailer",    "transfer-encoding", "upgrade"};
    rules.require(!own.contains(lower), where,
                  "this header says how the request is sent, which is teald's own business");
    rules.require(seen.insert(lower).second, where, "this header is given twice: their names are the same in any case");
    const bool is_literal = source.kind == spec::ValueSource::Kind::Literal;
    rules.require(!is_literal || is_text_of_header(source.text), where, "expected one line of up to 8192 bytes");
  }
}

void validate_health(const spec::HealthCheck& health, const std::string& path, Rules& rules) {
  rules.require(spec::is_request_path(health.path), path + ".path",
                "expected the path of a request: '/' first, no spaces, control characters or '#'");
  validate_headers(health.headers, path + ".headers", rules);
  rules.count(health.expected_json.size(), 100, path + ".expect.json");
  for (const auto& [pointer, value] : health.expected_json) {
    rules.require(spec::is_json_pointer(pointer), yaml::child_path(path + ".expect.json", pointer),
                  "not a JSON pointer: expected text like /status (RFC 6901)");
  }
}

}  // namespace

void validate_component(const spec::Component& component, const std::string& path, Rules& rules) {
  if (component.port) validate_health(component.health, path + ".health", rules);
  rules.require(spec::is_signal(component.stop.signal), path + ".stop.signal",
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

}  // namespace teal::rules
