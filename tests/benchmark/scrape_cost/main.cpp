// What metrics cost with 1,000 applications: a scrape's size and time in both formats, and the share of a rollout that
// goes into measuring it. The baseline for that share is a rollout of ten seconds, the quickest that bakes at all.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "daemon/runtime/metrics.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int applications = 1000;
constexpr int scrapes = 21;
constexpr int rollouts = 21;
constexpr int passes_per_rollout = 200;  // one in 50 ms
constexpr int probes_per_rollout = 100;  // of traffic, and as many of each of four replicas
constexpr int calls_per_rollout = 1000;  // of engine, load balancer and store
constexpr Milliseconds quickest_rollout{10'000};

teal::ApplicationGauges gauges(bool rolling) {
  teal::ApplicationGauges made;
  made.phase = rolling ? "Progressing" : "Healthy";
  made.active_version = "1.4.2";
  made.target_version = rolling ? "1.5.0" : "1.4.2";
  for (const auto* component : {"api", "worker"}) {
    for (const auto* role : {"active", "incoming", "outgoing"}) {
      for (const auto* state : {"starting", "ready", "unhealthy", "stopping", "exited"}) {
        made.replicas.push_back({component, role, state, rolling ? 1 : 2});
      }
    }
    for (const auto* state : {"up", "down", "draining", "maintenance"}) made.servers.push_back({component, state, 1});
  }
  return made;
}

void one_rollout(teal::Metrics& metrics, const std::string& name, int passes) {
  using teal::Seconds;
  for (int i = 0; i < passes; ++i) {
    metrics.application(name, gauges(true));
    metrics.reconciled(Seconds{0.002});
  }
  for (int i = 0; i < probes_per_rollout; ++i) {
    metrics.traffic_probe(name, "api", "success", Seconds{0.002});
    for (int replica = 0; replica < 4; ++replica) metrics.health_probe(name, "api", "success", Seconds{0.002});
  }
  for (int i = 0; i < calls_per_rollout; ++i) metrics.dependency("engine", "list", "ok", Seconds{0.002});
  for (const auto* phase : {"Preparing", "Migrating", "Starting", "Introducing", "Verifying", "Withdrawing"}) {
    metrics.phase_finished(name, phase, Seconds{1});
  }
  metrics.job_finished(name, "default", "Succeeded", Seconds{1});
  metrics.load_balancer_errors(name, "api", 1);
  metrics.rollout_finished(name, "Complete", Seconds{10});
  metrics.application(name, gauges(false));
}

template <class Work>
Milliseconds median(int times, Work work) {
  std::vector<Milliseconds> taken;
  for (int i = 0; i < times; ++i) {
    const auto begun = Clock::now();
    work(i);
    taken.push_back(Clock::now() - begun);
  }
  std::ranges::nth_element(taken, taken.begin() + times / 2);
  return taken[static_cast<std::size_t>(times / 2)];
}

void scrape(const teal::Metrics& metrics, teal::Exposition format, const char* name) {
  std::size_t size = 0;
  const auto took = median(scrapes, [&](int) { size = metrics.expose(format).size(); });
  const auto text = metrics.expose(format);
  const auto lines = std::ranges::count(text, '\n');
  fmt::print("{:<12} {} applications, {} lines, {} bytes ({:.0f} each); median of {} scrapes {:.1f} ms\n", name,
             applications, lines, size, static_cast<double>(size) / applications, scrapes, took.count());
}

}  // namespace

int main() {
  teal::Metrics metrics;
  for (int i = 0; i < applications; ++i) one_rollout(metrics, fmt::format("app-{}", i), 1);
  scrape(metrics, teal::Exposition::Text, "text 0.0.4");
  scrape(metrics, teal::Exposition::OpenMetrics, "OpenMetrics");
  const auto took =
      median(rollouts, [&](int i) { one_rollout(metrics, fmt::format("app-{}", i * 5), passes_per_rollout); });
  fmt::print(
      "rollout      {} passes, {} probes, {} calls measured; median of {} rollouts {:.2f} ms: {:.3f} % of one of "
      "{:.0f} "
      "s\n",
      passes_per_rollout, probes_per_rollout * 5, calls_per_rollout, rollouts, took.count(),
      100 * took.count() / quickest_rollout.count(), quickest_rollout.count() / 1000);
}
