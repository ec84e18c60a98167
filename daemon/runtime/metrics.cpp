#include "daemon/runtime/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "daemon/runtime/build_info.hpp"
#include "daemon/runtime/metrics_open.hpp"
#include "daemon/runtime/metrics_process.hpp"
#include "daemon/runtime/metrics_series.hpp"

namespace teal {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

constexpr std::array<std::string_view, 6> application_phases{"Healthy", "Progressing", "AwaitingApproval",
                                                             "Paused",  "Degraded",    "Suspended"};
constexpr std::array<std::string_view, 4> rollout_outcomes{"Complete", "RolledBack", "Failed", "Superseded"};
constexpr std::array<std::string_view, 3> job_outcomes{"Succeeded", "Failed", "Unknown"};
constexpr std::array<std::string_view, 3> notice_types{"RolloutFailed", "RolloutCompleted", "ApprovalNeeded"};
constexpr std::array<std::string_view, 4> notice_outcomes{"delivered", "retried", "failed", "dropped"};
constexpr std::array<std::string_view, 2> span_outcomes{"exported", "dropped"};
constexpr std::array<std::string_view, 2> probe_results{"success", "failure"};

std::string one_of(std::span<const std::string_view> known, std::string_view word) {
  return std::string(std::ranges::find(known, word) != known.end() ? word : "other");
}

void add(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help,
         prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  families.push_back({name, help, type, {metric}});
}

class ProcessMetrics final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override {
    using prometheus::MetricType;
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
};

const Buckets quick{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const Buckets calls{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
const Buckets phases{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800};
const Buckets rollouts{0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200};

}  // namespace

struct Metrics::State {
  // First, so that it outlives the series.
  prometheus::Registry registry;
  ProcessMetrics process;

  prometheus::Family<Gauge>& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<Counter>& counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Series<Histogram> histogram(const char* name, const char* help, Buckets buckets) {
    return {prometheus::BuildHistogram().Name(name).Help(help).Register(registry), std::move(buckets)};
  }

  Series<Gauge> phase{gauge("teal_application_phase", "1 for the phase that the application is in.")};
  Series<Gauge> info{gauge("teal_application_info", "The versions of the application that serve and that are wanted.")};
  Series<Counter> finished{counter("teal_rollouts_total", "Rollouts that ended.")};
  Series<Histogram> duration =
      histogram("teal_rollout_duration_seconds", "From a rollout's start to its end.", rollouts);
  Series<Histogram> phase_duration =
      histogram("teal_rollout_phase_seconds", "Time that rollouts spent in each phase.", phases);
  Series<Counter> jobs{counter("teal_migrations_total", "Migration jobs that ended.")};
  Series<Histogram> job_duration =
      histogram("teal_migration_duration_seconds", "From a migration job's start to its end.", rollouts);
  Series<Gauge> replicas{gauge("teal_replicas", "Replicas by role and state.")};
  Series<Gauge> servers{gauge("teal_load_balancer_servers", "Servers in load balancers by state.")};
  Series<Counter> probes{counter("teal_health_probes_total", "Health probes of replicas.")};
  Series<Histogram> probe_duration =
      histogram("teal_health_probe_duration_seconds", "Time that replicas took to answer health probes.", quick);
  Series<Counter> traffic{counter("teal_traffic_probes_total", "Requests of teald's own through load balancers.")};
  Series<Histogram> traffic_duration = histogram(
      "teal_traffic_probe_duration_seconds", "Time that requests of teald's own took through load balancers.", quick);
  Series<Counter> balancer_errors{
      counter("teal_load_balancer_errors_total",
              "Retries, redispatches, connection and response errors and denials that load balancers counted during "
              "rollouts.")};
  Series<Histogram> reconcile = histogram("teal_reconcile_duration_seconds", "Passes of the reconciler.", quick);
  Series<Counter> errors{counter("teal_reconcile_errors_total", "Passes that failed.")};
  Series<Gauge> depth{gauge("teal_work_queue_depth", "Applications waiting for a pass.")};
  Series<Histogram> dependencies =
      histogram("teal_dependency_request_duration_seconds", "Calls of what teald depends on.", calls);
  Series<Counter> notifications{counter("teal_notifications_total", "Tries to tell webhooks, and how they ended.")};
  Series<Counter> spans{counter("teal_tracing_spans_total", "Spans of traces, and what became of them.")};
  Series<Gauge> leader{gauge("teal_leader", "1 when this teald acts, 0 when it stands by.")};
  Series<Gauge> build{gauge("teal_build_info", "1, with what this teald was built from.")};
  Limited reason;
  Limited dependency;
  Limited operation;
  Limited outcome;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
  state_->leader.at({}).Set(1);
  state_->build.at({{"version", std::string(build_version())}, {"revision", std::string(build_revision())}}).Set(1);
  state_->depth.at({}).Set(0);
  (void)state_->reconcile.at({});
}

Metrics::~Metrics() = default;

std::string Metrics::expose(Exposition format) const {
  auto families = state_->registry.Collect();
  auto process = state_->process.Collect();
  std::ranges::move(process, std::back_inserter(families));
  switch (format) {
    case Exposition::Text:
      return prometheus::TextSerializer().Serialize(families);
    case Exposition::OpenMetrics:
      return open_metrics(families);
  }
  return {};
}

void Metrics::application(const std::string& name, const ApplicationGauges& gauges) {
  for (const auto phase : application_phases) {
    state_->phase.at({{"application", name}, {"phase", std::string(phase)}}).Set(phase == gauges.phase ? 1 : 0);
  }
  for (const auto outcome : rollout_outcomes) {
    (void)state_->finished.at({{"application", name}, {"outcome", std::string(outcome)}});
  }
  const Labels versions{
      {"application", name}, {"active_version", gauges.active_version}, {"target_version", gauges.target_version}};
  state_->info.at(versions).Set(1);
  state_->info.keep_only(name, {versions});
  std::set<Labels> present;
  for (const auto& count : gauges.replicas) {
    const Labels replicas{
        {"application", name}, {"component", count.component}, {"role", count.role}, {"state", count.state}};
    state_->replicas.at(replicas).Set(count.count);
    present.insert(replicas);
    for (const auto result : probe_results) {
      const Labels labels{{"application", name}, {"component", count.component}, {"result", std::string(result)}};
      (void)state_->probes.at(labels);
    }
  }
  state_->replicas.keep_only(name, present);
  present.clear();
  for (const auto& count : gauges.servers) {
    const Labels servers{{"application", name}, {"component", count.component}, {"state", count.state}};
    state_->servers.at(servers).Set(count.count);
    present.insert(servers);
    for (const auto result : probe_results) {
      const Labels labels{{"application", name}, {"component", count.component}, {"result", std::string(result)}};
      (void)state_->traffic.at(labels);
    }
    (void)state_->balancer_errors.at({{"application", name}, {"component", count.component}});
  }
  state_->servers.keep_only(name, present);
}

void Metrics::forget(const std::string& name) {
  State& all = *state_;
  all.phase.remove_application(name);
  all.info.remove_application(name);
  all.finished.remove_application(name);
  all.duration.remove_application(name);
  all.phase_duration.remove_application(name);
  all.jobs.remove_application(name);
  all.job_duration.remove_application(name);
  all.replicas.remove_application(name);
  all.servers.remove_application(name);
  all.probes.remove_application(name);
  all.probe_duration.remove_application(name);
  all.traffic.remove_application(name);
  all.traffic_duration.remove_application(name);
  all.balancer_errors.remove_application(name);
}

void Metrics::rollout_finished(const std::string& application, std::string_view outcome, Seconds took) {
  const Labels labels{{"application", application}, {"outcome", one_of(rollout_outcomes, outcome)}};
  state_->finished.at(labels).Increment();
  state_->duration.at(labels).Observe(took.count());
}

void Metrics::phase_finished(const std::string& application, std::string_view phase, Seconds took) {
  static constexpr std::array<std::string_view, 14> known{
      "Pending",  "Preparing", "Migrating",        "Starting",    "Introducing", "Verifying", "Withdrawing",
      "Retiring", "Complete",  "AwaitingApproval", "RollingBack", "RolledBack",  "Failed",    "Superseded"};
  state_->phase_duration.at({{"application", application}, {"phase", one_of(known, phase)}}).Observe(took.count());
}

void Metrics::job_finished(const std::string& application, const std::string& job, std::string_view outcome,
                           Seconds took) {
  for (const auto known : job_outcomes) {
    (void)state_->jobs.at({{"application", application}, {"job", job}, {"outcome", std::string(known)}});
  }
  state_->jobs.at({{"application", application}, {"job", job}, {"outcome", one_of(job_outcomes, outcome)}}).Increment();
  state_->job_duration.at({{"application", application}, {"job", job}}).Observe(took.count());
}

void Metrics::health_probe(const std::string& application, const std::string& component, std::string_view result,
                           Seconds took) {
  state_->probes.at({{"application", application}, {"component", component}, {"result", one_of(probe_results, result)}})
      .Increment();
  state_->probe_duration.at({{"application", application}, {"component", component}}).Observe(took.count());
}

void Metrics::traffic_probe(const std::string& application, const std::string& component, std::string_view result,
                            Seconds took) {
  state_->traffic
      .at({{"application", application}, {"component", component}, {"result", one_of(probe_results, result)}})
      .Increment();
  state_->traffic_duration.at({{"application", application}, {"component", component}}).Observe(took.count());
}

void Metrics::load_balancer_errors(const std::string& application, const std::string& component, std::uint64_t more) {
  state_->balancer_errors.at({{"application", application}, {"component", component}})
      .Increment(static_cast<double>(more));
}

void Metrics::reconciled(Seconds took) { state_->reconcile.at({}).Observe(took.count()); }

void Metrics::reconcile_error(std::string_view reason) {
  state_->errors.at({{"reason", state_->reason(reason)}}).Increment();
}

void Metrics::queue_depth(std::size_t depth) { state_->depth.at({}).Set(static_cast<double>(depth)); }

void Metrics::dependency(std::string_view dependency, std::string_view operation, std::string_view outcome,
                         Seconds took) {
  state_->dependencies
      .at({{"dependency", state_->dependency(dependency)},
           {"operation", state_->operation(operation)},
           {"outcome", state_->outcome(outcome)}})
      .Observe(took.count());
}

void Metrics::notification(std::size_t webhook, std::string_view type, std::string_view outcome) {
  for (const auto known : notice_outcomes) {
    (void)state_->notifications.at(
        {{"webhook", std::to_string(webhook)}, {"type", one_of(notice_types, type)}, {"outcome", std::string(known)}});
  }
  state_->notifications
      .at({{"webhook", std::to_string(webhook)},
           {"type", one_of(notice_types, type)},
           {"outcome", one_of(notice_outcomes, outcome)}})
      .Increment();
}

void Metrics::spans(std::string_view outcome, std::size_t count) {
  for (const auto known : span_outcomes) (void)state_->spans.at({{"outcome", std::string(known)}});
  state_->spans.at({{"outcome", one_of(span_outcomes, outcome)}}).Increment(static_cast<double>(count));
}

}  // namespace teal
