#include "daemon/config_read.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/address.hpp"
#include "daemon/config_api.hpp"
#include "daemon/config_fields.hpp"
#include "daemon/config_registries.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/parse/reader.hpp"
#include "manifests/text_rules.hpp"

namespace teal {

using yaml::Field;
using yaml::Section;

// Found by the templates of manifests/parse/reader.hpp beside the types they read.
static std::span<const Name<Notice>> names_of(Notice) {
  static constexpr std::array<Name<Notice>, 4> table{{{Notice::RolloutFailed, "RolloutFailed"},
                                                      {Notice::RolloutCompleted, "RolloutCompleted"},
                                                      {Notice::ApprovalNeeded, "ApprovalNeeded"},
                                                      {Notice::RolloutPaused, "RolloutPaused"}}};
  return table;
}

static std::span<const Name<WebhookFormat>> names_of(WebhookFormat) {
  static constexpr std::array<Name<WebhookFormat>, 2> table{
      {{WebhookFormat::Json, "json"}, {WebhookFormat::Slack, "slack"}}};
  return table;
}

static std::span<const Name<LogFormat>> names_of(LogFormat) {
  static constexpr std::array<Name<LogFormat>, 2> table{{{LogFormat::Text, "text"}, {LogFormat::Json, "json"}}};
  return table;
}

static std::span<const Name<LogLevel>> names_of(LogLevel) {
  static constexpr std::array<Name<LogLevel>, 4> table{{{LogLevel::Debug, "debug"},
                                                        {LogLevel::Info, "info"},
                                                        {LogLevel::Warning, "warning"},
                                                        {LogLevel::Error, "error"}}};
  return table;
}

std::string_view to_string(LogFormat format) { return name_of(format); }
std::string_view to_string(LogLevel level) { return name_of(level); }

namespace {

void read_store(const Field& field, StoreConfig& out) {
  Section section{field};
  const auto sqlite = section.get("sqlite");
  read_path(sqlite, out.sqlite);
  const auto postgres = section.get("postgres");
  if (postgres.is_given()) {
    Section urls{postgres};
    PostgresConfig config;
    read_source(urls.need("url"), config.url);
    if (ValueSource url; read_source(urls.get("migrationUrl"), url)) config.migration_url = std::move(url);
    urls.finish();
    out.postgres = std::move(config);
    if (sqlite.is_given()) postgres.error("there is one store: expected either sqlite or postgres");
  }
  section.finish();
}

}  // namespace

static bool read(const Field& field, EngineConfig& out) {
  Section section{field};
  const auto name = section.need("name");
  if (read(name, out.name) && !is_dns_label(out.name))
    name.error("expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends");
  Section docker{section.need("docker")};
  read_socket(docker.get("host"), "unix:///var/run/docker.sock", out.docker_socket);
  docker.finish();
  section.finish();
  return section.is_mapping();
}

static bool read(const Field& field, LoadBalancerConfig& out) {
  Section section{field};
  const auto name = section.need("name");
  if (read(name, out.name) && !is_haproxy_name(out.name)) name.error("expected 1 to 102 letters, digits and . - _ :");
  Section haproxy{section.need("haproxy")};
  read_socket(haproxy.need("socket"), "unix:/run/haproxy/admin.sock", out.haproxy_socket);
  read_url(haproxy.get("url"), out.traffic_url);
  haproxy.finish();
  const auto rate = section.get("probesPerSecond");
  if (read(rate, out.probes_per_second) && (out.probes_per_second < 1 || out.probes_per_second > 100)) {
    rate.error("expected a whole number from 1 to 100");
  }
  section.finish();
  return section.is_mapping();
}

static bool read(const Field& field, NotificationConfig& out) {
  Section section{field};
  Section webhook{section.need("webhook")};
  read_source(webhook.need("url"), out.webhook_url);
  read(webhook.get("format"), out.format);
  if (ValueSource secret; read_source(webhook.get("secret"), secret)) out.secret = std::move(secret);
  webhook.finish();
  read(section.need("on"), out.on);
  section.finish();
  return section.is_mapping();
}

namespace {

void read_prometheus(const Field& field, std::optional<PrometheusConfig>& out) {
  if (!field.is_given()) return;
  Section section{field};
  auto& prometheus = out.emplace();
  std::optional<std::string> url;
  read_url(section.need("url"), url);
  prometheus.url = url.value_or("");
  if (ValueSource token; read_source(section.get("token"), token)) prometheus.token = std::move(token);
  const auto ca = section.get("ca");
  read_path(ca, prometheus.ca);
  if (prometheus.ca && !prometheus.url.empty() && !prometheus.url.starts_with("https://")) {
    ca.error("authorities are for https:// only: the url has no TLS");
  }
  section.finish();
}

// What an HTTP header may be called, and what it may not: those that say how the body is sent are teald's.
bool is_header_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> own{"content-type", "content-length", "host", "connection",
                                                       "transfer-encoding"};
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+.^_`|~-";
  std::string lower;
  for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return !lower.empty() && lower.find_first_not_of(letters) == std::string::npos &&
         std::ranges::find(own, lower) == own.end();
}

void read_tracing(const Field& field, std::optional<TracingConfig>& out) {
  if (!field.is_given()) return;
  Section section{field};
  Section otlp{section.need("otlp")};
  auto& tracing = out.emplace();
  std::optional<std::string> url;
  read_url(otlp.need("url"), url);
  tracing.otlp_url = url.value_or("");
  if (const auto headers = otlp.get("headers"); headers.is_given()) {
    for (const auto& [name, value] : Section{headers}.all()) {
      if (!is_header_name(name)) value.error(yaml::quoted(name) + " is not a header that can be set here");
      read_source(value, tracing.headers[name]);
    }
  }
  otlp.finish();
  section.finish();
}

void read_kept_logs(const Field& field, LogLimits& out) {
  if (!field.is_given()) return;
  constexpr std::int64_t least = 1 << 10;
  Section section{field};
  read_duration(section.get("keep"), std::chrono::minutes{1}, std::chrono::hours{10 * 8760}, out.keep);
  read_amount(section.get("maxSize"), least, std::int64_t{1} << 40, out.max_size);
  read_amount(section.get("maxEntry"), least, 16 << 20, out.max_entry);
  section.finish();
}

void read_audit(const Field& field, AuditConfig& out) {
  if (!field.is_given()) return;
  Section section{field};
  read_duration(section.get("keep"), std::chrono::hours{1}, std::chrono::hours{10 * 8760}, out.keep);
  section.finish();
}

void read_log(const Field& field, LogConfig& out) {
  Section section{field};
  read(section.get("format"), out.format);
  read(section.get("level"), out.level);
  section.finish();
}

// For lists of named things; the default stays when the key is not given.
template <class T>
void read_named(const Field& field, std::vector<T>& out) {
  if (!field.is_given()) return;
  out.clear();
  read(field, out);
  Unique names;
  for (std::size_t i = 0; i < out.size(); ++i) names.check(field, i, out[i].name, "name");
}

}  // namespace

std::optional<DaemonConfig> read_config(std::string_view text, yaml::Report& report) {
  const auto root = yaml::load_tree(text, report);
  if (!root) return std::nullopt;
  const auto document = yaml::open_document(*root, "DaemonConfig", report);
  if (!document) return std::nullopt;
  DaemonConfig config;
  Section section{*document};
  (void)section.get("apiVersion");
  (void)section.get("kind");
  read_path(section.get("manifests"), config.manifests);
  read_store(section.get("store"), config.store);
  read_api(section.get("api"), config.api);
  const auto engines = section.get("engines");
  read_named(engines, config.engines);
  if (engines.is_given() && config.engines.empty() && !report.has_error("engines"))
    engines.error("expected at least one engine");
  read_named(section.get("loadBalancers"), config.load_balancers);
  read(section.get("registries"), config.registries);
  read_images(section.get("images"), config.images_kept);
  read_prometheus(section.get("prometheus"), config.prometheus);
  read(section.get("notifications"), config.notifications);
  read_tracing(section.get("tracing"), config.tracing);
  read_audit(section.get("audit"), config.audit);
  read_kept_logs(section.get("logs"), config.logs);
  read_log(section.get("log"), config.log);
  section.finish();
  return config;
}

}  // namespace teal
