#include "daemon/wiring.hpp"

namespace teal {

http::Endpoint docker_endpoint(const EngineConfig& engine) {
  http::Endpoint endpoint;
  endpoint.unix_socket = true;
  endpoint.path = engine.docker_socket;
  return endpoint;
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
