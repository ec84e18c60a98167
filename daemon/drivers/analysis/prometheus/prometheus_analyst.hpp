// Queries a Prometheus (or anything with its HTTP API) in the background: each query at once, then every `interval`.
//
// Each target has its own connection and runs one query at a time, each with a deadline: the interval, but at least 1 s
// and at most 10 s. A comparison queries the new revision, then the old one; it needs both. Responses are limited to
// 256 KiB.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controllers/ports/analyst.hpp"
#include "controllers/ports/clock.hpp"
#include "controllers/ports/secrets.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::yaml {
struct Field;
}  // namespace teal::yaml

namespace teal::analysis {

// `prometheus:` of teald.yaml.
struct PrometheusSettings {
  std::string url;                         // http[s]://host[:port][/base]
  std::optional<spec::ValueSource> token;  // sent as Authorization: Bearer
  std::optional<std::string> ca;  // absolute path: whom an https url is believed, instead of the system's authorities

  bool operator==(const PrometheusSettings&) const = default;
};

[[nodiscard]] PrometheusSettings read_prometheus(const yaml::Field& field);

struct PrometheusOptions {
  http::Endpoint endpoint;                            // its base is what stands before /api/v1
  runtime::TlsFiles tls;                              // for https
  std::optional<spec::ValueSource> token;             // sent as a bearer token; read again for each question
  ports::Secrets* secrets = nullptr;                  // outlives the analyst; needed with a token only
  const ports::Clock* clock = nullptr;                // outlives the analyst
  ports::Telemetry* telemetry = nullptr;              // likewise; may be null
  std::function<void(std::string application)> wake;  // at every answer; not once the analyst is gone
};

[[nodiscard]] std::unique_ptr<ports::Analyst> make_prometheus_analyst(boost::asio::any_io_executor executor,
                                                                      PrometheusOptions options);

}  // namespace teal::analysis
