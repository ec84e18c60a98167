// What metrics cost with 1,000 applications: a scrape's size and time in both formats, how long it holds the loop up,
// and the share of a rollout that goes into measuring it.
//
// scrape_cost [PASSES PROBES CALLS SECONDS]: what a rollout consists of, as a real teald counted it, and how long it
// took, and only its share is looked at. Without them: one of ten seconds, busier than any that was seen. Ends with 1
// when measuring takes 1 % or more of it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "daemon/runtime/metrics.hpp"

namespace {

using Clock = std::chrono::steady_clock;

// What this process has computed: other programs on the machine do not count.
struct CpuClock {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CpuClock>;
  static time_point now() { return time_point{duration{std::clock() * (1'000'000 / CLOCKS_PER_SEC)}}; }
};

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int applications = 1000;
constexpr int scrapes = 21;
constexpr int rollouts = 21;

struct Rollout {
  int passes = 200;  // one in 50 ms
  int probes = 500;  // of traffic and of replicas
  int calls = 1000;  // of engine, load balancer and store
  double seconds = 10;
};

teal::ports::ApplicationGauges gauges(bool rolling) {
  teal::ports::ApplicationGauges made;
  made.phase = rolling ? "Progressing" : "Healthy";
  made.active_version = "1.4.2";
  made.target_version = rolling ? "1.5.0" : "1.4.2";
  for (const auto* component : {"api", "worker"}) {
    for (const auto* role : {"active", "incoming", "outgoing"}) {
      for (const auto* state : {"starting", "ready", "unhealthy", "stopping", "exited"}) {
        made.replicas.push_back({component, role, state, rolling ? 1 : 2});
      }
    }
    made.wanted.push_back({component, 2});
    for (const auto* state : {"up", "down", "draining", "maintenance"}) made.servers.push_back({component, state, 1});
  }
  made.jobs = {{"default", rolling ? "Running" : "Succeeded"}};
  made.rollout_phase = rolling ? "Starting" : "Complete";
  return made;
}

void one_rollout(teal::runtime::Metrics& metrics, const std::string& name, const Rollout& rollout) {
  using teal::ports::Seconds;
  for (int i = 0; i < rollout.passes; ++i) {
    // Every fourth pass has something new to show; it is every tenth in a real rollout.
    metrics.application(name, gauges(i % 4 == 0));
    metrics.reconciled(Seconds{0.002});
  }
  for (int i = 0; i < rollout.probes; ++i) {
    if (i % 5 == 0) {
      metrics.traffic_probe(name, "api", "success", Seconds{0.002});
    } else {
      metrics.health_probe(name, "api", "success", Seconds{0.002});
    }
  }
  for (int i = 0; i < rollout.calls; ++i) metrics.dependency("engine", "list", "ok", Seconds{0.002});
  for (const auto* phase : {"Preparing", "Migrating", "Starting", "Introducing", "Verifying", "Withdrawing"}) {
    metrics.phase_finished(name, phase, Seconds{1});
  }
  metrics.job_finished(name, "default", "Succeeded", Seconds{1});
  metrics.load_balancer_errors(name, "api", 1);
  metrics.rollout_finished(name, "Complete", Seconds{10});
  metrics.application(name, gauges(false));
}

template <class Timer = Clock, class Work>
Milliseconds median(int times, Work work) {
  std::vector<Milliseconds> taken;
  for (int i = 0; i < times; ++i) {
    const auto begun = Timer::now();
    work(i);
    taken.push_back(Timer::now() - begun);
  }
  std::ranges::nth_element(taken, taken.begin() + times / 2);
  return taken[static_cast<std::size_t>(times / 2)];
}

void scrape(const teal::runtime::Metrics& metrics, teal::runtime::Exposition format, const char* name) {
  std::size_t size = 0;
  const auto took = median(scrapes, [&](int) { size = metrics.expose(format).size(); });
  const auto text = metrics.expose(format);
  const auto lines = std::ranges::count(text, '\n');
  fmt::print("{:<12} {} applications, {} lines, {} bytes ({:.0f} each); median of {} scrapes {:.1f} ms\n", name,
             applications, lines, size, static_cast<double>(size) / applications, scrapes, took.count());
}

// The longest that a loop with an application to measure every millisecond was held up while one scrape ran.
boost::asio::awaitable<void> ticks(teal::runtime::Metrics& metrics, const bool& done, Milliseconds& longest) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  auto before = Clock::now();
  for (int i = 0;; ++i) {
    if (done) co_return;
    metrics.application(fmt::format("app-{}", i % applications), gauges(i % 2 == 0));
    timer.expires_after(std::chrono::milliseconds{1});
    co_await timer.async_wait(boost::asio::use_awaitable);
    const auto now = Clock::now();
    longest = std::max<Milliseconds>(longest, now - before);
    before = now;
  }
}

boost::asio::awaitable<void> one_scrape(teal::runtime::Metrics& metrics, bool on_the_loop, bool& done) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  timer.expires_after(std::chrono::milliseconds{20});
  co_await timer.async_wait(boost::asio::use_awaitable);
  std::string text;
  if (on_the_loop) {
    text = metrics.expose();
  } else {
    text = co_await metrics.scrape(teal::runtime::Exposition::Text);
  }
  done = true;
}

Milliseconds held_up(teal::runtime::Metrics& metrics, bool on_the_loop) {
  std::vector<Milliseconds> all;
  for (int i = 0; i < scrapes; ++i) {
    boost::asio::io_context loop{1};
    bool done = false;
    auto& longest = all.emplace_back();
    boost::asio::co_spawn(loop, ticks(metrics, done, longest), boost::asio::detached);
    boost::asio::co_spawn(loop, one_scrape(metrics, on_the_loop, done), boost::asio::detached);
    loop.run();
  }
  std::ranges::nth_element(all, all.begin() + scrapes / 2);
  return all[scrapes / 2];
}

void all_about_scrapes(teal::runtime::Metrics& metrics) {
  scrape(metrics, teal::runtime::Exposition::Text, "text 0.0.4");
  scrape(metrics, teal::runtime::Exposition::OpenMetrics, "OpenMetrics");
  const auto on_the_loop = held_up(metrics, true);
  const auto beside = held_up(metrics, false);
  fmt::print(
      "the loop     is held up for {:.1f} ms by a scrape on its own thread, {:.1f} ms by one on the loop: {:.2f}\n",
      beside.count(), on_the_loop.count(), beside / on_the_loop);
}

}  // namespace

int main(int count, char** arguments) {
  Rollout rollout;
  if (count == 5) {
    rollout = {std::atoi(arguments[1]), std::atoi(arguments[2]), std::atoi(arguments[3]), std::atof(arguments[4])};
  }
  if ((count != 1 && count != 5) || rollout.seconds <= 0) {
    fmt::print(stderr, "usage: scrape_cost [PASSES PROBES CALLS SECONDS]\n");
    return 2;
  }
  teal::runtime::Metrics metrics;
  const Rollout first{1, 10, 1, 10};
  for (int i = 0; i < applications; ++i) one_rollout(metrics, fmt::format("app-{}", i), first);
  if (count == 1) all_about_scrapes(metrics);
  const auto took =
      median<CpuClock>(rollouts, [&](int i) { one_rollout(metrics, fmt::format("app-{}", i * 5), rollout); });
  const double share = 100 * took.count() / 1000 / rollout.seconds;
  fmt::print(
      "rollout      {} passes, {} probes, {} calls measured; median of {} rollouts {:.2f} ms: {:.3f} % of {:.1f} s\n",
      rollout.passes, rollout.probes, rollout.calls, rollouts, took.count(), share, rollout.seconds);
  return share < 1 ? 0 : 1;
}
