#include "tests/benchmark/scale/phases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

// A number in a file of /proc/PID, after a word.
long number_after(const std::string& path, const std::string& word) {
  const auto text = read_text(path);
  const auto found = text.find(word);
  return found == text.npos ? 0 : std::atol(text.c_str() + found + word.size());
}

long memory(pid_t pid, const std::string& which) { return number_after(fmt::format("/proc/{}/status", pid), which); }

// Asks /healthz without pause until it is told to stop.
void ask_health(const std::string& url, const std::atomic<bool>& over, std::vector<double>& waits) {
  Rest rest{url};
  while (!over) {
    const auto begun = Clock::now();
    const auto answer = rest.request("GET", "/healthz");
    if (answer || !waits.empty()) waits.push_back(1000 * since(begun));  // not before it listens
    std::this_thread::sleep_for(5ms);
  }
}

// What /healthz waited for while something went on.
class HealthWatch {
 public:
  explicit HealthWatch(const std::string& url) : thread_([this, url] { ask_health(url, over_, waits_); }) {}
  ~HealthWatch() { (void)stop(); }
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  Waits stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    std::ranges::sort(waits_);
    if (waits_.empty()) return {};
    const auto place = static_cast<std::size_t>(0.99 * static_cast<double>(waits_.size() - 1));
    return {waits_.back(), waits_[place], waits_.size()};
  }

 private:
  std::atomic<bool> over_ = false;
  std::vector<double> waits_;
  std::thread thread_;
};

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

int complete_in(Rest& rest) {
  const auto metrics = rest.request("GET", "/metrics");
  return metrics ? count_of(metrics->text, ",phase=\"Complete\"} 1") : 0;
}

// Of a list of applications. A rollout is Complete; an application is Healthy then, and active in the new version.
int healthy_at(const std::string& list, const std::string& version) {
  boost::system::error_code error;
  const auto page = boost::json::parse(list, error);
  if (error) return 0;
  return static_cast<int>(std::ranges::count_if(array_at(page, "/items"), [&](const auto& one) {
    return text_at(one, "/status/phase") == "Healthy" && text_at(one, "/status/activeVersion") == version;
  }));
}

// "2 of more than 20 ms, 1 of more than 50 ms; none longer than 0.1 s": of the buckets of teal_loop_blocked_seconds.
std::string blocked_in(const std::string& metrics) {
  const std::string bucket = "teal_loop_blocked_seconds_bucket{le=\"";
  std::vector<std::pair<std::string, long>> all;
  for (std::size_t at = 0; (at = metrics.find(bucket, at)) != std::string::npos;) {
    at += bucket.size();
    const auto end = metrics.find('"', at);
    all.emplace_back(metrics.substr(at, end - at), std::atol(metrics.c_str() + metrics.find(' ', end)));
  }
  if (all.empty()) return "not known";
  const auto total = all.back().second;
  std::string text;
  std::string longest = all.front().first;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [bound, within] = all[i];
    if (i > 0 && within > all[i - 1].second) longest = bound;
    if (within < total && std::atof(bound.c_str()) >= 0.0199)
      text += fmt::format("{} beyond {} s, ", total - within, bound);
  }
  return fmt::format("{}of {}; none beyond {} s", text, total, longest);
}

// Until it is so, or the time is over.
template <class Condition>
bool until(const Options& options, Teald& teald, Clock::duration pause, Condition condition) {
  const auto end = Clock::now() + options.limit;
  while (Clock::now() < end && teald.running()) {
    if (condition()) return true;
    std::this_thread::sleep_for(pause);
  }
  fmt::print(stderr, "not within {} s:\n{}\n", options.limit.count(), teald.log_tail(3));
  return false;
}

bool admit(const Options& options, Crowd& crowd, Figures& figures) {
  Teald teald{crowd.teald(true)};
  const auto begun = Clock::now();
  teald.launch();
  HealthWatch health{teald.url()};
  const auto are_all = [&] {
    const auto page = teald.rest().get("/apis/teal/v1/applications?limit=1");
    if (array_at(page, "/items").empty()) return false;
    figures.admitted = 1 + static_cast<int>(std::max<std::int64_t>(0, number_at(page, "/metadata/remainingItemCount")));
    figures.admission = since(begun);
    return figures.admitted >= figures.wanted;
  };
  const bool done = until(options, teald, 20ms, are_all);
  figures.admission_healthz = health.stop();
  (void)teald.stop();
  return done;
}

// With an engine that answers at once: this is what everything else begins with, and no goal itself.
bool settle(const Options& options, Crowd& crowd, Figures& figures) {
  crowd.pace(0);
  Teald teald{crowd.teald(false)};
  const auto begun = Clock::now();
  teald.launch();
  const auto are_all = [&] {
    if (!crowd.is_whole()) return false;
    figures.settled = complete_in(teald.rest());
    figures.settling = since(begun);
    return figures.settled == figures.wanted;
  };
  const bool done = until(options, teald, 500ms, are_all);
  figures.settling_cpu = cpu_seconds(teald.process().pid());
  if (!done) {
    fmt::print(stderr, "{} containers, {} run, {} applications are Complete\n", crowd.engine("containers"),
               crowd.engine("running"), complete_in(teald.rest()));
  }
  (void)teald.stop();
  crowd.pace(1);
  return done;
}

void restart(const Options& options, Teald& teald, Figures& figures) {
  const auto begun = Clock::now();
  teald.launch();
  HealthWatch health{teald.url()};
  const auto is_ready = [&] {
    const auto ready = teald.rest().request("GET", "/readyz");
    figures.restart = since(begun);
    return ready && ready->status == 200;
  };
  figures.is_observed = until(options, teald, 10ms, is_ready);
  figures.restart_healthz = health.stop();
}

void rest_idle(const Options& options, Crowd& crowd, Teald& teald, Figures& figures) {
  const auto pid = teald.process().pid();
  std::this_thread::sleep_for(3s);  // until what the start has begun is over
  const auto requests = crowd.engine_requests();
  const auto commands = crowd.balancer_commands();
  const auto cpu = cpu_seconds(pid);
  const auto begun = Clock::now();
  std::this_thread::sleep_for(options.idle);
  figures.idle_seconds = since(begun);
  figures.idle_cpu = 100 * (cpu_seconds(pid) - cpu) / figures.idle_seconds;
  figures.idle_engine_requests = crowd.engine_requests() - requests;
  figures.idle_balancer_commands = crowd.balancer_commands() - commands;
  figures.memory = memory(pid, "VmHWM:");
  figures.memory_idle = memory(pid, "VmRSS:");
}

void read_much(const Options& options, Crowd& crowd, Teald& teald, Figures& figures) {
  Rest rest{teald.url()};
  HealthWatch health{teald.url()};
  auto begun = Clock::now();
  const auto metrics = rest.request("GET", "/metrics");
  figures.scrape = since(begun);
  figures.scrape_size = metrics ? metrics->text.size() : 0;
  begun = Clock::now();
  figures.list_size = read_whole(teald.port(), "/apis/teal/v1/applications").size();
  figures.list = since(begun);
  figures.reading_healthz = health.stop();
  const auto target = "/apis/teal/v1/applications/" + Crowd::name_of(0) + "/status";
  const auto one = rest.request("GET", target);
  figures.status = ask_many(teald.port(), target, options.requests, 32, teald.process().pid());
  figures.nginx = ask_nginx(crowd.folder() + "/nginx", one ? one->text : "", options.requests, 32);
  const auto first = rest.get("/apis/teal/v1/applications?limit=1");
  const auto change = [&](int nth) { crowd.write(0, 0, fmt::format("change-{}", nth)); };
  const auto mark = [](int nth) { return fmt::format("\"change-{}\"", nth); };
  figures.told =
      watch_changes(teald.port(), text_at(first, "/metadata/resourceVersion"), options.watchers, 10, change, mark);
}

void bump_one_by_one(const Options& options, Crowd& crowd, Teald& teald, Figures& figures) {
  for (int nth = 0; nth < std::min(10, figures.wanted); ++nth) {
    const auto pulls = crowd.engine("pull");
    const auto begun = Clock::now();
    crowd.write(nth, 1, "single");
    const auto is_asked = [&] { return crowd.engine("pull") > pulls; };
    if (!until(options, teald, 500us, is_asked)) return;
    figures.first_actions.push_back(1000 * since(begun));
    if (!until(options, teald, 50ms, [&] { return crowd.is_whole(); })) return;
    std::this_thread::sleep_for(300ms);
  }
}

void bump_at_once(const Options& options, Crowd& crowd, Teald& teald, int count, Figures& figures) {
  Wave wave;
  wave.wanted = count;
  const auto change = fmt::format("wave-{}", count);
  const auto cpu = cpu_seconds(teald.process().pid());
  const auto creates = crowd.engine("create");
  HealthWatch health{teald.url()};
  const auto begun = Clock::now();
  for (int i = 0; i < count; ++i) crowd.write(i, 1000 + count, change);
  const auto is_over = [&] {
    return crowd.engine("create") >= creates + long{containers_each} * count && crowd.is_whole();
  };
  (void)until(options, teald, 20ms, is_over);
  wave.seconds = since(begun);
  wave.cpu = cpu_seconds(teald.process().pid()) - cpu;
  wave.healthz = health.stop();
  const auto are_complete = [&] {
    wave.done = healthy_at(read_whole(teald.port(), "/apis/teal/v1/applications?labelSelector=change%3D" + change),
                           Crowd::version_of(1000 + count));
    return wave.done >= count;
  };
  (void)until(options, teald, 200ms, are_complete);
  figures.waves.push_back(wave);
}

}  // namespace

Figures measure(const Options& options, int count) {
  Figures figures;
  figures.wanted = count;
  Crowd crowd{{count, options.program, options.interval}};
  const auto say = [&](const char* what) { fmt::print(stderr, "{}: {}\n", count, what); };
  say("admission");
  if (!admit(options, crowd, figures)) return figures;
  say("rolling out");
  if (!settle(options, crowd, figures)) return figures;
  say("restart");
  Teald teald{crowd.teald(true)};
  restart(options, teald, figures);
  say("idle");
  rest_idle(options, crowd, teald, figures);
  say("readers");
  read_much(options, crowd, teald, figures);
  say("bumps");
  bump_one_by_one(options, crowd, teald, figures);
  for (const int wave : {10, 100, 1000}) {
    if (wave <= count) bump_at_once(options, crowd, teald, wave, figures);
  }
  figures.memory_peak = memory(teald.process().pid(), "VmHWM:");
  const auto metrics = teald.rest().request("GET", "/metrics");
  if (metrics) figures.blocked = blocked_in(metrics->text);
  (void)teald.stop();
  return figures;
}

}  // namespace teal::test
