// `kind: DaemonConfig`: teald.yaml, read once at start. What is a driver's in it, the driver reads.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/access/role.hpp"
#include "daemon/config/address.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/notifications/notice.hpp"
#include "daemon/runtime/log.hpp"
#include "manifests/diagnostic.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

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
  std::string name;
  Make<Part<Engine>> make;
};

struct LoadBalancerConfig {
  std::string name;
  Make<LoadBalancerPart> make;
  int probes_per_second = 5;  // of teald's own through it, for each component, during rollouts
};

struct NotificationConfig {
  Make<Part<NotificationChannel>> make;
  std::vector<Notice> on;
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

// Of the parts that drivers make, it has how they are made; what is empty there is not used.
struct DaemonConfig {
  std::string manifests = "/etc/teal/manifests";  // absolute path of a folder
  MakeStore store;
  ApiConfig api;
  std::vector<EngineConfig> engines;  // the first is the default
  std::vector<LoadBalancerConfig> load_balancers;
  Make<Part<Registry>> registry;
  int images_kept = 3;  // before the active one, of each application
  Make<Part<Analyst>> analyst;
  std::vector<NotificationConfig> notifications;
  Make<TracerPart> tracer;
  Make<Part<Database>> database;
  Make<Part<Secrets>> secrets;
  AuditConfig audit;
  LogLimits logs;  // output of containers that are gone
  LogConfig log;
  // One sentence for each part that is used and not supported by this release, naming its key.
  std::vector<std::string> unsupported;
};

struct ParsedConfig {
  std::optional<DaemonConfig> config;   // set only when there are no diagnostics
  std::vector<Diagnostic> diagnostics;  // in the order of the file, all of them
};

[[nodiscard]] ParsedConfig parse_config(std::string_view text, std::string_view file, const Drivers& drivers);

// Reads the file at most up to the parser's limit. Error: not_found or denied when it cannot be read, invalid with
// every diagnostic, one a line.
[[nodiscard]] Result<DaemonConfig> load_config(const std::filesystem::path& file, const Drivers& drivers);

}  // namespace teal
