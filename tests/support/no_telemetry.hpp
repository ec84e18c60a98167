// Telemetry that nobody reads. Tests derive theirs from it and note what they look at.
#pragma once

#include "controllers/ports/telemetry.hpp"

namespace teal::test {

class NoTelemetry : public ports::Telemetry {
 public:
  void application(const std::string&, const ports::ApplicationGauges&) override {}
  void forget(const std::string&) override {}
  void rollout_finished(const std::string&, std::string_view, ports::Seconds) override {}
  void phase_finished(const std::string&, std::string_view, ports::Seconds) override {}
  void job_finished(const std::string&, const std::string&, std::string_view, ports::Seconds) override {}
  void health_probe(const std::string&, const std::string&, std::string_view, ports::Seconds) override {}
  void traffic_probe(const std::string&, const std::string&, std::string_view, ports::Seconds) override {}
  void load_balancer_errors(const std::string&, const std::string&, std::uint64_t more) override {
    balancer_errors += more;
  }
  void reconciled(ports::Seconds) override {}
  void reconcile_error(std::string_view) override {}
  void queue_depth(std::size_t) override {}
  void dependency(std::string_view, std::string_view, std::string_view, ports::Seconds) override {}

  std::uint64_t balancer_errors = 0;
};

}  // namespace teal::test
