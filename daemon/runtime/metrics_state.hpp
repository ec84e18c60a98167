// The state of daemon/runtime/metrics: the registry, each metric's series, and the allowed label values.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <string>
#include <string_view>

#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/metrics.hpp"
#include "daemon/runtime/metrics_applications.hpp"
#include "daemon/runtime/metrics_series.hpp"
#include "manifests/api/status.hpp"
#include "manifests/spec/phase.hpp"

namespace teal::runtime {

inline constexpr std::array<std::string_view, 4> rollout_outcomes{"Complete", "RolledBack", "Failed", "Superseded"};
inline constexpr std::array<std::string_view, 3> job_outcomes{"Succeeded", "Failed", "Unknown"};
inline constexpr std::array<std::string_view, 4> notice_types{"RolloutFailed", "RolloutCompleted", "ApprovalNeeded",
                                                              "RolloutPaused"};
inline constexpr std::array<std::string_view, 4> notice_outcomes{"delivered", "retried", "failed", "dropped"};
inline constexpr std::array<std::string_view, 2> span_outcomes{"exported", "dropped"};
inline constexpr std::array<std::string_view, 2> denial_reasons{"unauthenticated", "forbidden"};
inline constexpr std::array<std::string_view, 2> probe_results{"success", "failure"};
inline constexpr std::array<std::string_view, 6> job_states{"NotNeeded", "Pending", "Running",
                                                            "Succeeded", "Failed",  "Unknown"};
inline const auto application_phases = words_of<objects::ApplicationPhase>();
inline const auto rollout_phases = words_of<spec::Phase>();

inline std::string one_of(std::span<const std::string_view> known, std::string_view word) {
  return std::string(std::ranges::find(known, word) != known.end() ? word : "other");
}

// Few where there is a histogram for each component, job or phase of each application: its buckets are most of a
// scrape.
inline const Buckets answers_buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};
inline const Buckets phases_buckets{0.1, 0.5, 2.5, 10, 60, 300, 1800};
inline const Buckets rollouts_buckets{1, 5, 15, 60, 300, 900, 3600};
inline const Buckets quick_buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
inline const Buckets calls_buckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

struct Metrics::State {
  // First, so that it outlives the series.
  prometheus::Registry registry;

  prometheus::Family<prometheus::Gauge>& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Counter>& counter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Series<prometheus::Histogram> histogram(const char* name, const char* help, Buckets buckets) {
    return {prometheus::BuildHistogram().Name(name).Help(help).Register(registry), std::move(buckets)};
  }

  Series<prometheus::Histogram> reconcile =
      histogram("teal_reconcile_duration_seconds", "Passes of the reconciler.", quick_buckets);
  Series<prometheus::Histogram> loop_blocked =
      histogram("teal_loop_blocked_seconds",
                "How long the event loop kept waiting what was due, looked at ten times a second.", quick_buckets);
  Series<prometheus::Counter> errors{counter("teal_reconcile_errors_total", "Passes that failed.")};
  Series<prometheus::Gauge> depth{gauge("teal_work_queue_depth", "Applications waiting for a pass.")};
  Series<prometheus::Histogram> dependencies =
      histogram("teal_dependency_request_duration_seconds", "Calls of what teald depends on.", calls_buckets);
  Series<prometheus::Counter> drift{
      counter("teal_inventory_drift_total",
              "Containers that were not as teald had kept them, without an event that had told of it.")};
  Series<prometheus::Gauge> fails_open{
      gauge("teal_load_balancer_fails_open",
            "1 while a backend sends requests on although the checks of all its servers fail.")};
  Series<prometheus::Gauge> certificates{
      gauge("teal_certificate_expiry_timestamp_seconds",
            "When a certificate that a load balancer serves ends, in seconds since 1970.")};
  Series<prometheus::Counter> notifications{
      counter("teal_notifications_total", "Tries to tell webhooks, and how they ended.")};
  Series<prometheus::Counter> spans{counter("teal_tracing_spans_total", "Spans of traces, and what became of them.")};
  Series<prometheus::Counter> denials{counter("teal_api_denied_total", "Requests of the API that were refused.")};
  Series<prometheus::Gauge> leader{gauge("teal_leader", "1 when this teald acts, 0 when it is on standby.")};
  Series<prometheus::Gauge> build{gauge("teal_build_info", "1, with what this teald was built from.")};

  Limited reason;
  Limited dependency;
  Limited operation;
  Limited outcome;
  ApplicationMetrics applications;
  mutable std::atomic<std::size_t> last_size = 0;
  // Last, so that it ends first.
  BlockingPool scrapes{1};
};

}  // namespace teal::runtime
