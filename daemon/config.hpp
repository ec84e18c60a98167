// `kind: DaemonConfig`: teald.yaml, read once at start.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/access/role.hpp"
#include "daemon/drivers/notifications/notification.hpp"
#include "daemon/drivers/registries/registry_rule.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/drivers/stores/sqlite/log_limits.hpp"
#include "manifests/application.hpp"
#include "manifests/diagnostic.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

struct PostgresConfig {
  ValueSource url;                           // of the role that teald works with
  std::optional<ValueSource> migration_url;  // of the role that changes teald's own tables

  bool operator==(const PostgresConfig&) const = default;
};

struct StoreConfig {
  std::string sqlite = "/var/lib/teal/teal.db";  // file; not used when postgres is given
  std::optional<PostgresConfig> postgres;

  bool operator==(const StoreConfig&) const = default;
};

struct UnixAddress {
  std::string path;  // absolute

  bool operator==(const UnixAddress&) const = default;
};

struct TcpAddress {
  std::string host;  // an address or a name, without brackets
  int port = 0;

  bool operator==(const TcpAddress&) const = default;
};

using ListenAddress = std::variant<UnixAddress, TcpAddress>;

struct TlsConfig {
  std::string certificate;  // absolute paths
  std::string key;
  std::optional<std::string> client_ca;

  bool operator==(const TlsConfig&) const = default;
};

struct ApiConfig {
  std::vector<ListenAddress> listen{UnixAddress{"/run/teal/teal.sock"}};
  std::optional<TlsConfig> tls;
  std::optional<std::string> tokens;  // absolute path
  std::map<std::string, access::Role> groups;  // Unix groups → what their members may do over the Unix socket
  std::vector<std::string> names;              // lower case; host names that requests may carry besides the addresses'

  bool operator==(const ApiConfig&) const = default;
};

struct EngineConfig {
  std::string name = "local";
  std::string docker_socket = "/var/run/docker.sock";  // absolute path, from "unix:///var/run/docker.sock"

  bool operator==(const EngineConfig&) const = default;
};

struct LoadBalancerConfig {
  std::string name;
  std::string haproxy_socket;              // absolute path of the Runtime API's socket
  std::optional<std::string> traffic_url;  // http://host:port, where its traffic enters
  int probes_per_second = 5;               // of teald's own through it, for each component, during rollouts

  bool operator==(const LoadBalancerConfig&) const = default;
};

struct PrometheusConfig {
  std::string url;                   // http[s]://host[:port][/base]
  std::optional<ValueSource> token;  // sent as Authorization: Bearer
  std::optional<std::string> ca;  // absolute path: whom an https url is believed, instead of the system's authorities

  bool operator==(const PrometheusConfig&) const = default;
};

struct NotificationConfig {
  ValueSource webhook_url;  // often a secret in itself
  WebhookFormat format = WebhookFormat::Json;
  std::optional<ValueSource> secret;  // signs the body
  std::vector<Notice> on;

  bool operator==(const NotificationConfig&) const = default;
};

struct TracingConfig {
  std::string otlp_url;  // http[s]://host[:port][/base] of an OTLP/HTTP receiver; /v1/traces is added
  std::map<std::string, ValueSource> headers;

  bool operator==(const TracingConfig&) const = default;
};

struct AuditConfig {
  Duration keep = std::chrono::hours{8760};

  bool operator==(const AuditConfig&) const = default;
};

struct LogConfig {
  LogFormat format = LogFormat::Text;
  LogLevel level = LogLevel::Info;

  bool operator==(const LogConfig&) const = default;
};

[[nodiscard]] std::string_view to_string(LogFormat format);
[[nodiscard]] std::string_view to_string(LogLevel level);

struct DaemonConfig {
  std::string manifests = "/etc/teal/manifests";  // absolute path of a folder
  StoreConfig store;
  ApiConfig api;
  std::vector<EngineConfig> engines{EngineConfig{}};  // never empty; the first is the default
  std::vector<LoadBalancerConfig> load_balancers;
  std::vector<RegistryRule> registries;
  int images_kept = 3;  // before the active one, of each application
  std::optional<PrometheusConfig> prometheus;
  std::vector<NotificationConfig> notifications;
  std::optional<TracingConfig> tracing;
  AuditConfig audit;
  LogLimits logs;  // output of containers that are gone
  LogConfig log;

  bool operator==(const DaemonConfig&) const = default;
};

struct ParsedConfig {
  std::optional<DaemonConfig> config;   // set only when there are no diagnostics
  std::vector<Diagnostic> diagnostics;  // in the order of the file, all of them
};

[[nodiscard]] ParsedConfig parse_config(std::string_view text, std::string_view file);

// Reads the file at most up to the parser's limit. Error: not_found or denied when it cannot be read, invalid with
// every diagnostic, one a line.
[[nodiscard]] Result<DaemonConfig> load_config(const std::filesystem::path& file);

// One sentence for each part of the contract that is used and not supported by this release, naming its key.
[[nodiscard]] std::vector<std::string> unsupported_features(const DaemonConfig& config);

}  // namespace teal
