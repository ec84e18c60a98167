// What teald.yaml says, in the words of the parts that it is about.
#pragma once

#include <memory>
#include <vector>

#include "controllers/reconcile/reconciler.hpp"
#include "daemon/access/gate.hpp"
#include "daemon/access/token_watch.hpp"
#include "daemon/drivers/analysis/prometheus_analyst.hpp"
#include "daemon/api/server.hpp"
#include "daemon/api_tls.hpp"
#include "daemon/config.hpp"
#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/image_care.hpp"
#include "daemon/drivers/notifications/notifier.hpp"
#include "daemon/drivers/registries/registries.hpp"
#include "daemon/secret_watcher.hpp"
#include "daemon/drivers/tracing/exporter.hpp"
#include "daemon/drivers/tracing/rollout_tracer.hpp"

namespace teal {

[[nodiscard]] http::Endpoint docker_endpoint(const EngineConfig& engine);
// The telemetry and the registry outlive the engine.
[[nodiscard]] DockerOptions docker_options(const EngineConfig& engine, const std::string& owner, Telemetry& telemetry,
                                           Registry& registry);
// `tls` outlives the server; null: there is none.
[[nodiscard]] ApiOptions api_options(const DaemonConfig& config, const ApiTls* tls);

// Who may what, by the tokens that are good now.
struct WiredAccess {
  WiredAccess(access::GateOptions options, const Clock& clock) : gate(std::move(options), tokens, clock) {}

  access::Tokens tokens;
  access::Gate gate;
  std::unique_ptr<access::TokenWatch> watch;  // null: teald.yaml has no tokens
  std::unique_ptr<ApiTls> tls;                // null: it has no TLS

  // Reads the tokens, and keeps both as their files say until it is cancelled.
  [[nodiscard]] std::vector<boost::asio::awaitable<void>> tasks();
};
// The others outlive it. Errors: those of the files of TLS, which nobody could come in without; tokens that cannot be
// read let nobody in, which `note` gets, and hold nothing else up.
[[nodiscard]] Result<std::unique_ptr<WiredAccess>> wire_access(boost::asio::any_io_executor executor,
                                                               const DaemonConfig& config, const Clock& clock,
                                                               BlockingPool& files,
                                                               std::function<void(DaemonNotice)> note);
// What the watcher of manifests says of their folder; an empty problem: it is read again.
[[nodiscard]] DaemonNotice manifests_notice(const DaemonConfig& config, std::string problem);
[[nodiscard]] std::vector<WebhookOptions> webhooks_of(const DaemonConfig& config);

// What it is given outlives the result.
[[nodiscard]] std::unique_ptr<Registry> wire_registries(boost::asio::any_io_executor executor,
                                                        const DaemonConfig& config, const Clock& clock,
                                                        Secrets& secrets, BlockingPool& files, BlockingPool& programs,
                                                        Telemetry& telemetry);

[[nodiscard]] std::unique_ptr<ImageCare> wire_image_care(const DaemonConfig& config, const Ports& ports,
                                                         const Board& board, std::function<void(const Event&)> told,
                                                         std::function<void(const std::string&)> wake);

struct Tracing {
  std::unique_ptr<SpanExporter> exporter;
  std::unique_ptr<RolloutTracer> tracer;
};

// What `world` points to outlives the result; its endpoint and headers are set here. Errors: invalid, naming the key.
[[nodiscard]] Result<Tracing> wire_tracing(boost::asio::any_io_executor executor, const TracingConfig& config,
                                           const Clock& clock, ExporterOptions world);

// Null without prometheus in teald.yaml. `wake` is called when there is something new to say of an application.
[[nodiscard]] Result<std::unique_ptr<Analyst>> wire_analyst(boost::asio::any_io_executor executor,
                                                            const DaemonConfig& config, Secrets& secrets,
                                                            const Clock& clock, Telemetry& telemetry,
                                                            std::function<void(std::string)> wake);

// restartOnChange.
struct SecretWatch {
  std::unique_ptr<Fingerprints> fingerprints;
  std::unique_ptr<SecretWatcher> watcher;
};
// The key of its fingerprints stands beside the store. Errors: that it cannot be read or made.
[[nodiscard]] Result<SecretWatch> wire_secret_watch(boost::asio::any_io_executor executor, const DaemonConfig& config,
                                                    const Board& board, Secrets& secrets, BlockingPool& files,
                                                    Reconciler& reconciler);

}  // namespace teal
