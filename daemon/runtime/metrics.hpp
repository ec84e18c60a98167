// The contract's metrics, kept with prometheus-cpp (in the .cpp only). One thread: the loop's.
//
// No label grows without bound: outcomes and results come from fixed words ("other" for anything else), reasons and
// operations are limited in number, and the names of an application disappear with `forget`.
#pragma once

#include <memory>
#include <string>

#include "controllers/ports/telemetry.hpp"

namespace teal {

class Metrics final : public Telemetry {
 public:
  Metrics();
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The Prometheus text format, version 0.0.4.
  [[nodiscard]] std::string expose() const;

  void application(const std::string& name, const ApplicationGauges& gauges) override;
  void forget(const std::string& name) override;
  void rollout_finished(const std::string& application, std::string_view outcome, Seconds took) override;
  void phase_finished(const std::string& application, std::string_view phase, Seconds took) override;
  void job_finished(const std::string& application, const std::string& job, std::string_view outcome,
                    Seconds took) override;
  void health_probe(const std::string& application, const std::string& component, std::string_view result,
                    Seconds took) override;
  void traffic_probe(const std::string& application, const std::string& component, std::string_view result) override;
  void reconciled(Seconds took) override;
  void reconcile_error(std::string_view reason) override;
  void queue_depth(std::size_t depth) override;
  void dependency(std::string_view dependency, std::string_view operation, std::string_view outcome,
                  Seconds took) override;
  void notification(std::size_t webhook, std::string_view type, std::string_view outcome) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace teal
