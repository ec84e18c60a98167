// Sends spans to an OTLP/HTTP receiver in the background: adding one never waits, and nothing waits for a response.
//
// At most `waiting` spans are queued; a newer one displaces the oldest. A batch that the receiver cannot accept now
// (429, 502, 503, 504, unreachable) is retried with increasing delays, or the delay that it asks for; any other error
// response drops it. Dropped spans are counted, and logged at most once a minute. One thread: the executor's.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/secrets.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/drivers/tracing/span.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::yaml {
struct Field;
}  // namespace teal::yaml

namespace teal::otlp {

// `tracing: {otlp: …}` of teald.yaml.
struct OtlpSettings {
  std::string url;  // http[s]://host[:port][/base] of an OTLP/HTTP receiver; /v1/traces is added
  std::map<std::string, spec::ValueSource> headers;

  bool operator==(const OtlpSettings&) const = default;
};

[[nodiscard]] OtlpSettings read_otlp(const yaml::Field& field);

struct ExporterPace {
  Duration gather = std::chrono::seconds{1};  // after the first span, for more to come with it
  std::size_t batch = 512;
  std::size_t waiting = 4096;
  Duration first_delay = std::chrono::seconds{1};  // before the second try; doubled each time
  Duration longest_delay = std::chrono::seconds{30};
  int tries = 12;
  Duration deadline = std::chrono::seconds{10};  // of one try
  Duration quiet = std::chrono::minutes{1};      // between two words about dropped spans
};

struct ExporterOptions {
  http::Endpoint endpoint;                                         // /v1/traces is added
  std::vector<std::pair<std::string, spec::ValueSource>> headers;  // values are read at each try
  std::string instance;                                            // service.instance.id
  ports::Secrets* secrets = nullptr;                               // both outlive the exporter's coroutine
  ports::Telemetry* telemetry = nullptr;
  std::function<void(const std::string& problem)> warn;
  ExporterPace pace;
};

class SpanExporter {
 public:
  SpanExporter(boost::asio::any_io_executor executor, ExporterOptions options);
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  void add(tracing::Span span);
  // Sends what is added; runs until it is cancelled.
  [[nodiscard]] boost::asio::awaitable<void> run();
  // Returns once everything was tried, without pauses, or after `limit`; for the end of the program.
  [[nodiscard]] boost::asio::awaitable<void> flush(Duration limit);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::otlp
