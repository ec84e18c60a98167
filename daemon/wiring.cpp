#include "daemon/wiring.hpp"

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

ApiOptions api_options(const DaemonConfig& config) {
  ApiOptions options;
  for (const auto& address : config.api.listen) options.listen.push_back(to_string(address));
  return options;
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
                                          const Clock& clock, Secrets& secrets, BlockingPool& pool,
                                          Telemetry& telemetry) {
  aws::Surroundings in;
  in.executor = std::move(executor);
  in.variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  in.clock = &clock;
  in.pool = &pool;
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

}  // namespace teal
