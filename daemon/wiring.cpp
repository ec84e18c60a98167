#include "daemon/wiring.hpp"

#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "daemon/address.hpp"

namespace teal {

http::Endpoint docker_endpoint(const EngineConfig& engine) {
  http::Endpoint endpoint;
  endpoint.unix_socket = true;
  endpoint.path = engine.docker_socket;
  return endpoint;
}

DockerOptions docker_options(const EngineConfig& engine, const std::string& owner, Telemetry& telemetry,
                             Registry& registry) {
  DockerOptions options;
  options.endpoint = docker_endpoint(engine);
  options.owner = owner;
  options.telemetry = &telemetry;
  options.registry = &registry;
  return options;
}

ApiOptions api_options(const DaemonConfig& config, const ApiTls* tls) {
  ApiOptions options;
  for (const auto& address : config.api.listen) options.listen.push_back(to_string(address));
  options.names = config.api.names;
  // Members of several groups must reach it; who may do what is decided by who they are, then.
  if (!config.api.groups.empty()) options.socket_mode = 0666;
  if (tls == nullptr) return options;
  options.handshake = [tls, limit = options.header_timeout](StreamPtr below) {
    return accept_tls(std::move(below), tls->context(), after(limit));
  };
  return options;
}

std::vector<boost::asio::awaitable<void>> WiredAccess::tasks() {
  std::vector<boost::asio::awaitable<void>> all;
  if (watch) all.push_back(watch->run());
  if (tls) all.push_back(tls->watch());
  return all;
}

Result<std::unique_ptr<WiredAccess>> wire_access(boost::asio::any_io_executor executor, const DaemonConfig& config,
                                                 const Clock& clock, BlockingPool& files,
                                                 std::function<void(DaemonNotice)> note) {
  access::GateOptions options;
  options.groups = config.api.groups;
  options.has_tokens = config.api.tokens.has_value();
  options.has_client_ca = config.api.tls && config.api.tls->client_ca;
  options.own_uid = ::geteuid();
  std::unique_ptr<ApiTls> api_tls;
  if (config.api.tls) {
    ApiTlsOptions tls;
    tls.files = *config.api.tls;
    tls.pool = &files;
    tls.say = [note](bool good, std::string reason, std::string message) {
      note({"Certificate", std::move(reason), std::move(message), !good});
    };
    auto opened = ApiTls::open(std::move(executor), std::move(tls));
    if (!opened) return within("teald.yaml", opened.error());
    api_tls = std::move(*opened);
    options.vouched = [tls = api_tls.get()](const PeerCertificate& certificate) {
      return vouches_for(*tls->context(), certificate);
    };
  }
  auto wired = std::make_unique<WiredAccess>(std::move(options), clock);
  wired->tls = std::move(api_tls);
  if (!config.api.tokens) return wired;
  auto say = [note](bool good, std::string sentence) {
    note({"Tokens", good ? "TokensRead" : "TokensUnreadable", std::move(sentence), !good});
  };
  wired->watch = std::make_unique<access::TokenWatch>(*config.api.tokens, files, wired->tokens, std::move(say));
  return wired;
}

DaemonNotice manifests_notice(const DaemonConfig& config, std::string problem) {
  if (!problem.empty()) return {"Manifests", "ManifestFolderRefused", std::move(problem), true};
  return {"Manifests", "ManifestFolderRead", config.manifests + ": is read again", false};
}

std::vector<WebhookOptions> webhooks_of(const DaemonConfig& config) {
  std::vector<WebhookOptions> webhooks;
  for (const auto& notification : config.notifications) {
    webhooks.push_back({notification.webhook_url,
                        notification.secret,
                        notification.format,
                        {notification.on.begin(), notification.on.end()}});
  }
  return webhooks;
}

std::unique_ptr<Registry> wire_registries(boost::asio::any_io_executor executor, const DaemonConfig& config,
                                          const Clock& clock, Secrets& secrets, BlockingPool& files,
                                          BlockingPool& programs, Telemetry& telemetry) {
  aws::Surroundings in;
  in.executor = std::move(executor);
  in.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  in.clock = &clock;
  in.files = &files;
  in.programs = &programs;
  in.secrets = &secrets;
  in.telemetry = &telemetry;
  return make_registries(std::move(in), config.registries);
}

std::unique_ptr<ImageCare> wire_image_care(const DaemonConfig& config, const Ports& ports, const Board& board,
                                           std::function<void(const Event&)> told,
                                           std::function<void(const std::string&)> wake) {
  ImageCareOptions options;
  options.keep = config.images_kept;
  options.told = std::move(told);
  options.wake = std::move(wake);
  return std::make_unique<ImageCare>(ports, board, std::move(options));
}

Result<Tracing> wire_tracing(boost::asio::any_io_executor executor, const TracingConfig& config, const Clock& clock,
                             ExporterOptions world) {
  auto endpoint = http::parse_endpoint(config.otlp_url);
  if (!endpoint) return within("teald.yaml: tracing.otlp.url", endpoint.error());
  const auto owner = world.instance;
  world.endpoint = std::move(*endpoint);
  world.headers.assign(config.headers.begin(), config.headers.end());
  Tracing tracing;
  tracing.exporter = std::make_unique<SpanExporter>(std::move(executor), std::move(world));
  auto* exporter = tracing.exporter.get();
  tracing.tracer =
      std::make_unique<RolloutTracer>(owner, clock, [exporter](Span span) { exporter->add(std::move(span)); });
  return tracing;
}

Result<std::unique_ptr<Analyst>> wire_analyst(boost::asio::any_io_executor executor, const DaemonConfig& config,
                                              Secrets& secrets, const Clock& clock, Telemetry& telemetry,
                                              std::function<void(std::string)> wake) {
  if (!config.prometheus) return std::unique_ptr<Analyst>{};
  auto endpoint = http::parse_endpoint(config.prometheus->url);
  if (!endpoint) return within("teald.yaml: prometheus.url", endpoint.error());
  PrometheusOptions options;
  options.endpoint = std::move(*endpoint);
  options.tls.authorities = config.prometheus->ca.value_or("");
  options.token = config.prometheus->token;
  options.secrets = &secrets;
  options.clock = &clock;
  options.telemetry = &telemetry;
  options.wake = std::move(wake);
  return make_prometheus_analyst(std::move(executor), std::move(options));
}

Result<SecretWatch> wire_secret_watch(boost::asio::any_io_executor executor, const DaemonConfig& config,
                                      const Board& board, Secrets& secrets, BlockingPool& files,
                                      Reconciler& reconciler) {
  auto key = read_or_make_key(config.store.sqlite + ".key");
  if (!key) return within("the key of restartOnChange", key.error());
  SecretWatch watch;
  watch.fingerprints = std::make_unique<Fingerprints>(std::move(*key));
  SecretWatcherOptions options;
  options.board = &board;
  options.secrets = &secrets;
  options.files = &files;
  options.fingerprints = watch.fingerprints.get();
  options.tell = [&reconciler](std::string name, ValuesSeen seen) {
    return reconciler.values_seen(std::move(name), std::move(seen));
  };
  watch.watcher = std::make_unique<SecretWatcher>(std::move(executor), std::move(options));
  return watch;
}

}  // namespace teal
