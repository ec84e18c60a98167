// What many applications cost: how long teald takes to admit them from an empty store, and to look at all of them after
// a restart; how long /healthz has to wait meanwhile; memory; and what those who read get
// (tests/benchmark/scale/readers). With 10, 1,000 and 10,000 manifests of suspended applications, in the same run.
//
// scale [--teald PROGRAM] [--limit SECONDS] [--requests N] [--watchers N] [--idle SECONDS] [N …]. Prints a table; ends
// with 1 when something was not admitted within the limit (300 s each). Figures are for reading: nothing is asserted of
// them, as they are the machine's. nginx is compared with where it is installed.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/benchmark/scale/empty_engine.hpp"
#include "tests/benchmark/scale/readers.hpp"
#include "tests/support/teald_process.hpp"

namespace {

namespace fs = std::filesystem;
using namespace teal::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string program;
  std::chrono::seconds limit{300};
  std::chrono::seconds idle{20};
  std::size_t requests = 100'000;
  int watchers = 500;
  std::vector<int> sizes;
};

struct Figures {
  int wanted = 0;
  int admitted = 0;
  double seconds = 0;       // from the start of the program until the last one is shown
  double healthz_wait = 0;  // ms, the longest
  double healthz_99 = 0;    // ms
  std::size_t asked = 0;    // /healthz
  long engine_requests = 0;
  double cpu = 0;         // seconds of teald's own
  long memory = 0;        // KiB, the most until then
  long memory_after = 0;  // KiB, once all were admitted
  long memory_read = 0;   // KiB, the most until it was read from
  double idle_cpu = 0;    // % of a core
  double scrape = 0;      // seconds
  std::size_t scrape_size = 0;
  double list = 0;  // seconds
  std::size_t list_size = 0;
  double healthz_reading = 0;  // ms, the longest meanwhile
  Rate status;
  Rate nginx;
  Told told;
  std::string blocked;
  double restart = 0;          // seconds, until every application was looked at
  double healthz_restart = 0;  // ms, the longest meanwhile
};

std::string name_of(int number) { return fmt::format("app-{:05}", number); }

void write_manifest(const std::string& folder, int number, const std::string& change = "none") {
  std::ofstream{fmt::format("{}/{}.yaml", folder, name_of(number))} << fmt::format(
      "apiVersion: teal/v1\nkind: Application\nmetadata: {{name: {}, labels: {{team: scale, change: {}}}}}\n"
      "spec:\n  version: \"1.0.{}\"\n  image: registry.example/scale/{}\n  suspend: true\n  components:\n"
      "    - {{name: api, replicas: 2, port: 8000, env: {{LOG_LEVEL: info}}}}\n    - {{name: worker}}\n",
      name_of(number), change, number, name_of(number));
}

// A number in a file of /proc/PID, after a word.
long number_after(const std::string& path, const std::string& word) {
  const auto text = read_text(path);
  const auto found = text.find(word);
  return found == text.npos ? 0 : std::atol(text.c_str() + found + word.size());
}

// Asks /healthz without pause until it is told to stop.
void ask_health(const std::string& url, const std::atomic<bool>& over, std::vector<double>& waits) {
  Rest rest{url};
  while (!over) {
    const auto begun = Clock::now();
    const auto answer = rest.request("GET", "/healthz");
    const auto wait = std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
    if (answer || !waits.empty()) waits.push_back(wait);  // not before it listens
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

  // In ms, sorted.
  const std::vector<double>& stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
    std::ranges::sort(waits_);
    return waits_;
  }

 private:
  std::atomic<bool> over_ = false;
  std::vector<double> waits_;
  std::thread thread_;
};

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

int suspended_in(const std::string& metrics) {
  int count = 0;
  for (std::size_t at = 0; (at = metrics.find(",phase=\"Suspended\"} 1", at)) != std::string::npos; ++at) ++count;
  return count;
}

// The bound of the highest bucket of teal_loop_blocked_seconds that has anything, as it is written.
std::string longest_block(const std::string& metrics) {
  const std::string bucket = "teal_loop_blocked_seconds_bucket{le=\"";
  std::string bound = "none";
  long before = 0;
  for (std::size_t at = 0; (at = metrics.find(bucket, at)) != std::string::npos;) {
    at += bucket.size();
    const auto end = metrics.find('"', at);
    const auto count = std::atol(metrics.c_str() + metrics.find(' ', end));
    if (count > before) bound = metrics.substr(at, end - at);
    before = count;
  }
  return bound;
}

void admit(const Options& options, Teald& teald, Figures& figures) {
  const auto begun = Clock::now();
  teald.launch();
  HealthWatch health{teald.url()};
  // The last one is not always the last to be shown, so all are counted once it is; rarely, as a scrape is long.
  Rest rest{teald.url()};
  const auto last = "/apis/teal/v1/applications/" + name_of(figures.wanted - 1);
  const auto end = begun + options.limit;
  while (Clock::now() < end && teald.running() && figures.admitted < figures.wanted) {
    std::this_thread::sleep_for(20ms);
    const auto shown = rest.request("GET", last);
    if (!shown || shown->status != 200) continue;
    figures.seconds = since(begun);
    const auto metrics = rest.request("GET", "/metrics");
    if (metrics) figures.admitted = suspended_in(metrics->text);
  }
  const auto& waits = health.stop();
  figures.asked = waits.size();
  if (!waits.empty()) {
    figures.healthz_wait = waits.back();
    figures.healthz_99 = waits[static_cast<std::size_t>(0.99 * static_cast<double>(waits.size() - 1))];
  }
}

void read_much(const Options& options, Teald& teald, Figures& figures) {
  Rest rest{teald.url()};
  const auto pid = teald.process().pid();
  const auto cpu = cpu_seconds(pid);
  std::this_thread::sleep_for(options.idle);
  figures.idle_cpu = 100 * (cpu_seconds(pid) - cpu) / std::chrono::duration<double>(options.idle).count();
  HealthWatch health{teald.url()};
  auto begun = Clock::now();
  const auto metrics = rest.request("GET", "/metrics");
  figures.scrape = since(begun);
  figures.scrape_size = metrics ? metrics->text.size() : 0;
  begun = Clock::now();
  const auto list = rest.request("GET", "/apis/teal/v1/applications");
  figures.list = since(begun);
  figures.list_size = list ? list->text.size() : 0;
  const auto& waits = health.stop();
  figures.healthz_reading = waits.empty() ? 0 : waits.back();
  const auto target = "/apis/teal/v1/applications/" + name_of(0) + "/status";
  const auto one = rest.request("GET", target);
  figures.status = ask_many(teald.port(), target, options.requests, 32, pid);
  figures.nginx = ask_nginx(teald.manifests() + "/../nginx", one ? one->text : "", options.requests, 32);
  const auto first = rest.get("/apis/teal/v1/applications?limit=1");
  const auto change = [&](int nth) { write_manifest(teald.manifests(), 0, fmt::format("change-{}", nth)); };
  const auto mark = [](int nth) { return fmt::format("\"change-{}\"", nth); };
  figures.told =
      watch_changes(teald.port(), text_at(first, "/metadata/resourceVersion"), options.watchers, 10, change, mark);
}

void restart(const Options& options, Teald& teald, Figures& figures) {
  (void)teald.stop();
  const auto begun = Clock::now();
  teald.launch();
  HealthWatch health{teald.url()};
  Rest rest{teald.url()};
  while (Clock::now() < begun + options.limit && teald.running()) {
    std::this_thread::sleep_for(20ms);
    const auto ready = rest.request("GET", "/readyz");
    if (!ready || ready->status != 200) continue;
    figures.restart = since(begun);
    break;
  }
  const auto& waits = health.stop();
  figures.healthz_restart = waits.empty() ? 0 : waits.back();
}

Figures measure(const Options& options, int count) {
  Figures figures;
  figures.wanted = count;
  const auto folder = fs::temp_directory_path() / fmt::format("teal-scale-{}-{}", ::getpid(), count);
  TealdSettings settings;
  settings.folder = folder;
  settings.docker_socket = folder / "engine.sock";
  settings.haproxy_socket = folder / "haproxy.sock";
  settings.haproxy_url = "http://127.0.0.1:9";
  settings.program = options.program;
  Teald teald{settings};
  for (int i = 0; i < count; ++i) write_manifest(teald.manifests(), i);
  {
    const EmptyEngine engine{settings.docker_socket};
    admit(options, teald, figures);
    const auto pid = teald.process().pid();
    figures.cpu = cpu_seconds(pid);
    figures.memory = number_after(fmt::format("/proc/{}/status", pid), "VmHWM:");
    figures.memory_after = number_after(fmt::format("/proc/{}/status", pid), "VmRSS:");
    figures.engine_requests = engine.asked();
    if (figures.admitted < count) {
      fmt::print(stderr, "{}\n", teald.log_tail(3));
    } else {
      read_much(options, teald, figures);
      figures.memory_read = number_after(fmt::format("/proc/{}/status", pid), "VmHWM:");
      const auto metrics = teald.rest().request("GET", "/metrics");
      if (metrics) figures.blocked = longest_block(metrics->text);
      restart(options, teald, figures);
    }
    teald.kill();
  }
  fs::remove_all(folder);
  return figures;
}

void row(const std::vector<Figures>& all, const char* what, const std::function<std::string(const Figures&)>& figure) {
  fmt::print("| {} |", what);
  for (const auto& one : all) fmt::print(" {} |", figure(one));
  fmt::print("\n");
}

std::string of_rate(const Rate& rate) {
  if (rate.answers + rate.failed == 0) return "not installed";
  return fmt::format("{:.0f}/s, {:.1f} µs of CPU each, {} failed", rate.per_second(),
                     rate.server_cpu * 1e6 / static_cast<double>(std::max<std::size_t>(rate.answers, 1)), rate.failed);
}

void print(const std::vector<Figures>& all) {
  const auto mebibytes = [](long kibibytes) { return static_cast<double>(kibibytes) / 1024; };
  row(all, "manifests", [](const auto& one) { return std::to_string(one.wanted); });
  fmt::print("| --- |");
  for (std::size_t i = 0; i < all.size(); ++i) fmt::print(" --- |");
  fmt::print("\n");
  row(all, "admitted, in", [](const auto& one) { return fmt::format("{}, {:.2f} s", one.admitted, one.seconds); });
  row(all, "CPU for that", [](const auto& one) { return fmt::format("{:.2f} s", one.cpu); });
  row(all, "/healthz meanwhile: longest, p99, of", [](const auto& one) {
    return fmt::format("{:.1f} ms, {:.1f} ms, {}", one.healthz_wait, one.healthz_99, one.asked);
  });
  row(all, "requests to the engine", [](const auto& one) { return std::to_string(one.engine_requests); });
  row(all, "most memory, afterwards, with readers", [&](const auto& one) {
    return fmt::format("{:.0f}, {:.0f}, {:.0f} MiB", mebibytes(one.memory), mebibytes(one.memory_after),
                       mebibytes(one.memory_read));
  });
  row(all, "most memory for each beyond the first", [&](const auto& one) {
    const auto more = one.wanted - all.front().wanted;
    return fmt::format("{:.1f} KiB", more > 0 ? static_cast<double>(one.memory - all.front().memory) / more : 0.0);
  });
  row(all, "CPU while nothing happens", [](const auto& one) { return fmt::format("{:.1f} %", one.idle_cpu); });
  row(all, "a scrape", [](const auto& one) {
    return fmt::format("{:.3f} s, {:.2f} MiB", one.scrape, static_cast<double>(one.scrape_size) / (1 << 20));
  });
  row(all, "a list of all", [](const auto& one) {
    return fmt::format("{:.3f} s, {:.2f} MiB", one.list, static_cast<double>(one.list_size) / (1 << 20));
  });
  row(all, "/healthz beside both: longest",
      [](const auto& one) { return fmt::format("{:.1f} ms", one.healthz_reading); });
  row(all, "status requests, 32 clients", [](const auto& one) { return of_rate(one.status); });
  row(all, "nginx, the same bytes", [](const auto& one) { return of_rate(one.nginx); });
  row(all, "ratio", [](const auto& one) {
    return fmt::format("{:.2f}", one.nginx.answers > 0 ? one.status.per_second() / one.nginx.per_second() : 0.0);
  });
  row(all, "watchers told of a change: p99, longest, of", [](const auto& one) {
    return fmt::format("{:.1f} ms, {:.1f} ms, {} of {}", one.told.p99, one.told.longest, one.told.told,
                       one.told.wanted);
  });
  row(all, "the loop kept something waiting, at most", [](const auto& one) { return one.blocked + " s"; });
  row(all, "restart until all are observed", [](const auto& one) { return fmt::format("{:.2f} s", one.restart); });
  row(all, "/healthz meanwhile: longest",
      [](const auto& one) { return fmt::format("{:.1f} ms", one.healthz_restart); });
}

}  // namespace

int main(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--teald" && i + 1 < count) {
      options.program = words[++i];
    } else if (word == "--limit" && i + 1 < count) {
      options.limit = std::chrono::seconds{std::atoi(words[++i])};
    } else if (word == "--requests" && i + 1 < count) {
      options.requests = static_cast<std::size_t>(std::max(std::atol(words[++i]), 1L));
    } else if (word == "--idle" && i + 1 < count) {
      options.idle = std::chrono::seconds{std::max(std::atoi(words[++i]), 1)};
    } else if (word == "--watchers" && i + 1 < count) {
      options.watchers = std::clamp(std::atoi(words[++i]), 1, 10'000);
    } else {
      options.sizes.push_back(std::clamp(std::atoi(words[i]), 1, 99999));
    }
  }
  if (options.sizes.empty()) options.sizes = {10, 1000, 10000};
  std::vector<Figures> all;
  for (const int size : options.sizes) all.push_back(measure(options, size));
  print(all);
  const auto is_whole = [](const Figures& one) { return one.admitted == one.wanted; };
  return std::ranges::all_of(all, is_whole) ? 0 : 1;
}
