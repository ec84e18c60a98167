// `kind: DaemonConfig`: teald.yaml, read once at start. Sections of drivers are parsed by the drivers.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/ports/limits.hpp"
#include "daemon/access/role.hpp"
#include "daemon/config/address.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/notifications/notice.hpp"
#include "daemon/runtime/log.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/spec/diagnostic.hpp"

namespace teal::config {

struct TlsConfig {
  std::string certificate;  // absolute paths
  std::string key;
  std::optional<std::string> client_ca;

  bool operator==(const TlsConfig&) const = default;
};

struct ApiConfig {
  std::vector<ListenAddress> listen{UnixAddress{"/run/teal/teal.sock"}};
  std::optional<TlsConfig> tls;
  std::optional<std::string> tokens;           // absolute path
  std::map<std::string, access::Role> groups;  // Unix groups → what their members may do over the Unix socket
  std::vector<std::string> names;              // lower case; host names that requests may carry besides the addresses'

  bool operator==(const ApiConfig&) const = default;
};

struct EngineConfig {
  std::string name;
  drivers::Make<drivers::Part<ports::Engine>> make;
  ports::EngineConcurrency concurrency;
};

struct LoadBalancerConfig {
  std::string name;
  drivers::MakeLoadBalancer make;
  int probes_per_second =
      ports::usual_probes_per_second;  // of teald's own through it, for each component, during rollouts
};

struct NotificationConfig {
  drivers::Make<drivers::Part<notifications::NotificationChannel>> make;
  std::vector<notifications::Notice> on;
};

struct AuditConfig {
  Duration keep = std::chrono::hours{8760};

  bool operator==(const AuditConfig&) const = default;
};

struct LogConfig {
  runtime::LogFormat format = runtime::LogFormat::Text;
  runtime::LogLevel level = runtime::LogLevel::Info;

  bool operator==(const LogConfig&) const = default;
};

// Of the parts that drivers make, it has how they are made; what is empty there is not used.
struct DaemonConfig {
  std::string manifests = "/etc/teal/manifests";  // absolute path of a folder
  drivers::MakeStore store;
  ApiConfig api;
  std::vector<EngineConfig> engines;  // the first is the default
  std::vector<LoadBalancerConfig> load_balancers;
  drivers::Make<drivers::Part<ports::Registry>> registry;
  int images_kept = 3;  // before the active one, of each application
  drivers::Make<drivers::Part<ports::Analyst>> analyst;
  std::vector<NotificationConfig> notifications;
  drivers::Make<drivers::TracerPart> tracer;
  drivers::Make<drivers::Part<ports::Database>> database;
  drivers::Make<drivers::Part<ports::Secrets>> secrets;
  AuditConfig audit;
  stores::LogLimits logs;  // output of containers that are gone
  LogConfig log;
  // One sentence for each part that is used and not supported by this release, naming its key.
  std::vector<std::string> unsupported;
};

struct ParsedConfig {
  std::optional<DaemonConfig> config;         // set only when there are no diagnostics
  std::vector<spec::Diagnostic> diagnostics;  // in the order of the file, all of them
};

[[nodiscard]] ParsedConfig parse_config(std::string_view text, std::string_view file, const drivers::Drivers& drivers);

// Reads the file at most up to the parser's limit. Error: not_found or denied when it cannot be read, invalid with
// every diagnostic, one a line.
[[nodiscard]] Result<DaemonConfig> load_config(const std::filesystem::path& file, const drivers::Drivers& drivers);

}  // namespace teal::config
