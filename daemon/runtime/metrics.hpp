// The contract's metrics, kept with prometheus-cpp (in the .cpp only). One thread: the loop's, except for `expose`.
//
// No label has unbounded cardinality: outcomes and results come from a fixed set ("other" for anything else), reasons
// and operations are limited in number, and series of an application disappear with `forget`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "controllers/ports/telemetry.hpp"

namespace teal::runtime {

enum class Exposition {
  Text,         // Prometheus' text format, version 0.0.4
  OpenMetrics,  // version 1.0.0
};

// What an HTTP Accept header likes better; Text when it is empty or says nothing of either.
[[nodiscard]] Exposition exposition_for(std::string_view accept);
[[nodiscard]] std::string_view content_type(Exposition format);

class Metrics final : public ports::Telemetry {
 public:
  Metrics();
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // All of it as text; on any thread.
  [[nodiscard]] std::string expose(Exposition format = Exposition::Text) const;
  // The same without holding the loop up: on a thread of the metrics' own, one scrape after the other.
  [[nodiscard]] boost::asio::awaitable<std::string> scrape(Exposition format) const;

  void application(const std::string& name, const ports::ApplicationGauges& gauges) override;
  void forget(const std::string& name) override;
  void rollout_finished(const std::string& application, std::string_view outcome, ports::Seconds took) override;
  void phase_finished(const std::string& application, std::string_view phase, ports::Seconds took) override;
  void job_finished(const std::string& application, const std::string& job, std::string_view outcome,
                    ports::Seconds took) override;
  void health_probe(const std::string& application, const std::string& component, std::string_view result,
                    ports::Seconds took) override;
  void traffic_probe(const std::string& application, const std::string& component, std::string_view result,
                     ports::Seconds took) override;
  void load_balancer_errors(const std::string& application, const std::string& component, std::uint64_t more) override;
  void reconciled(ports::Seconds took) override;
  void reconcile_error(std::string_view reason) override;
  void queue_depth(std::size_t depth) override;
  void dependency(std::string_view dependency, std::string_view operation, std::string_view outcome,
                  ports::Seconds took) override;
  void inventory_drift(std::string_view dependency, std::size_t count) override;
  void fails_open(const std::string& load_balancer, const std::string& backend, bool does) override;
  void certificates(const std::string& load_balancer, const std::map<std::string, Time>& expiries) override;
  void webhook(std::size_t webhook, std::string_view type) override;
  void notification(std::size_t webhook, std::string_view type, std::string_view outcome) override;
  void spans(std::string_view outcome, std::size_t count) override;
  void denied(std::string_view reason) override;
  // How much later than it was due something came to pass on the loop, which had other work.
  void loop_blocked(ports::Seconds late);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace teal::runtime
