// What teald.yaml says, in the words of the parts that it is about.
#pragma once

#include <memory>
#include <vector>

#include "daemon/config.hpp"
#include "daemon/notifications/notifier.hpp"
#include "daemon/tracing/exporter.hpp"
#include "daemon/tracing/rollout_tracer.hpp"

namespace teal {

[[nodiscard]] http::Endpoint docker_endpoint(const EngineConfig& engine);
[[nodiscard]] std::vector<WebhookOptions> webhooks_of(const DaemonConfig& config);

struct Tracing {
  std::unique_ptr<SpanExporter> exporter;
  std::unique_ptr<RolloutTracer> tracer;
};

// What `world` points to outlives the result; its endpoint and headers are set here. Errors: invalid, naming the key.
[[nodiscard]] Result<Tracing> wire_tracing(boost::asio::any_io_executor executor, const TracingConfig& config,
                                           const Clock& clock, ExporterOptions world);

}  // namespace teal
