#include "daemon/runtime/metrics.hpp"

#include <prometheus/metric_family.h>

#include <vector>

#include "daemon/runtime/build_info.hpp"
#include "daemon/runtime/metrics_applications.hpp"
#include "daemon/runtime/metrics_process.hpp"
#include "daemon/runtime/metrics_state.hpp"
#include "daemon/runtime/metrics_text.hpp"
#include "manifests/foundation/error.hpp"

namespace teal::runtime {
namespace {

using prometheus::MetricType;
using OfWhat = ApplicationMetrics::Family;

void add(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help, MetricType type,
         double value) {
  prometheus::ClientMetric metric;
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  families.push_back({name, help, type, {metric}});
}

std::vector<prometheus::MetricFamily> process_families() {
  const auto now = read_process_figures();
  std::vector<prometheus::MetricFamily> all;
  add(all, "process_cpu_seconds_total", "CPU time used, user and system.", MetricType::Counter, now.cpu_seconds);
  add(all, "process_open_fds", "Open file descriptors.", MetricType::Gauge, now.open_fds);
  add(all, "process_max_fds", "File descriptors that may be open.", MetricType::Gauge, now.max_fds);
  add(all, "process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, now.virtual_bytes);
  add(all, "process_resident_memory_bytes", "Resident memory.", MetricType::Gauge, now.resident_bytes);
  add(all, "process_start_time_seconds", "Start, in seconds since 1970.", MetricType::Gauge, now.start_seconds);
  return all;
}

}  // namespace

Metrics::Metrics() : state_(std::make_unique<State>()) {
  state_->leader.at({}).Set(1);
  state_->build.at({{"version", std::string(build_version())}, {"revision", std::string(build_revision())}}).Set(1);
  state_->depth.at({}).Set(0);
  (void)state_->reconcile.at({});
  (void)state_->loop_blocked.at({});
  (void)state_->drift.at({{"dependency", state_->dependency("engine")}});
  for (const auto reason : denial_reasons) (void)state_->denials.at({{"reason", std::string(reason)}});
  for (const auto code : {ErrorCode::not_found, ErrorCode::conflict, ErrorCode::invalid, ErrorCode::denied,
                          ErrorCode::unavailable, ErrorCode::timed_out, ErrorCode::unhealthy, ErrorCode::internal}) {
    (void)state_->errors.at({{"reason", state_->reason(to_string(code))}});
  }
}

Metrics::~Metrics() = default;

std::string Metrics::expose(Exposition format) const {
  MetricsText text(format, state_->last_size + 4096);
  for (const auto& family : state_->registry.Collect()) text.family(family);
  state_->applications.write(text);
  for (const auto& family : process_families()) text.family(family);
  auto whole = text.finish();
  state_->last_size = whole.size();
  return whole;
}

boost::asio::awaitable<std::string> Metrics::scrape(Exposition format) const {
  return state_->scrapes.run([this, format] { return expose(format); });
}

void Metrics::application(const std::string& name, const ports::ApplicationGauges& gauges) {
  state_->applications.show(name, gauges);
}

void Metrics::forget(const std::string& name) { state_->applications.forget(name); }

void Metrics::rollout_finished(const std::string& application, std::string_view outcome, ports::Seconds took) {
  state_->applications.count(application, OfWhat::Rollouts, "", outcome, 1);
  state_->applications.observe(application, OfWhat::RolloutDuration, "", outcome, took.count());
}

void Metrics::phase_finished(const std::string& application, std::string_view phase, ports::Seconds took) {
  state_->applications.observe(application, OfWhat::RolloutPhaseDuration, "", phase, took.count());
}

void Metrics::job_finished(const std::string& application, const std::string& job, std::string_view outcome,
                           ports::Seconds took) {
  state_->applications.count(application, OfWhat::Migrations, job, outcome, 1);
  state_->applications.observe(application, OfWhat::MigrationDuration, job, "", took.count());
}

void Metrics::health_probe(const std::string& application, const std::string& component, std::string_view result,
                           ports::Seconds took) {
  state_->applications.count(application, OfWhat::Probes, component, result, 1);
  state_->applications.observe(application, OfWhat::ProbeDuration, component, "", took.count());
}

void Metrics::traffic_probe(const std::string& application, const std::string& component, std::string_view result,
                            ports::Seconds took) {
  state_->applications.count(application, OfWhat::TrafficProbes, component, result, 1);
  state_->applications.observe(application, OfWhat::TrafficProbeDuration, component, "", took.count());
}

void Metrics::load_balancer_errors(const std::string& application, const std::string& component, std::uint64_t more) {
  state_->applications.count(application, OfWhat::BalancerErrors, component, "", static_cast<double>(more));
}

void Metrics::reconciled(ports::Seconds took) { state_->reconcile.at({}).Observe(took.count()); }

void Metrics::loop_blocked(ports::Seconds late) { state_->loop_blocked.at({}).Observe(late.count()); }

void Metrics::reconcile_error(std::string_view reason) {
  state_->errors.at({{"reason", state_->reason(reason)}}).Increment();
}

void Metrics::queue_depth(std::size_t depth) { state_->depth.at({}).Set(static_cast<double>(depth)); }

void Metrics::dependency(std::string_view dependency, std::string_view operation, std::string_view outcome,
                         ports::Seconds took) {
  state_->dependencies
      .at({{"dependency", state_->dependency(dependency)},
           {"operation", state_->operation(operation)},
           {"outcome", state_->outcome(outcome)}})
      .Observe(took.count());
}

void Metrics::webhook(std::size_t webhook, std::string_view type) {
  for (const auto known : notice_outcomes) {
    (void)state_->notifications.at(
        {{"webhook", std::to_string(webhook)}, {"type", one_of(notice_types, type)}, {"outcome", std::string(known)}});
  }
}

void Metrics::notification(std::size_t webhook, std::string_view type, std::string_view outcome) {
  state_->notifications
      .at({{"webhook", std::to_string(webhook)},
           {"type", one_of(notice_types, type)},
           {"outcome", one_of(notice_outcomes, outcome)}})
      .Increment();
}

void Metrics::inventory_drift(std::string_view dependency, std::size_t count) {
  state_->drift.at({{"dependency", state_->dependency(dependency)}}).Increment(static_cast<double>(count));
}

void Metrics::fails_open(const std::string& load_balancer, const std::string& backend, bool does) {
  state_->fails_open.at({{"load_balancer", load_balancer}, {"backend", backend}}).Set(does ? 1 : 0);
}

void Metrics::certificates(const std::string& load_balancer, const std::map<std::string, Time>& expiries) {
  state_->certificates.remove_if([&](const prometheus::Labels& labels) {
    return labels.at("load_balancer") == load_balancer && !expiries.contains(labels.at("name"));
  });
  for (const auto& [name, expires] : expiries) {
    const auto seconds = ports::Seconds{expires.time_since_epoch()}.count();
    state_->certificates.at({{"load_balancer", load_balancer}, {"name", name}}).Set(seconds);
  }
}

void Metrics::spans(std::string_view outcome, std::size_t count) {
  for (const auto known : span_outcomes) (void)state_->spans.at({{"outcome", std::string(known)}});
  state_->spans.at({{"outcome", one_of(span_outcomes, outcome)}}).Increment(static_cast<double>(count));
}

void Metrics::denied(std::string_view reason) {
  state_->denials.at({{"reason", one_of(denial_reasons, reason)}}).Increment();
}

}  // namespace teal::runtime
