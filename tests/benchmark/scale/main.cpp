// How long teald takes to admit thousands of applications from an empty store, how long /healthz has to wait meanwhile,
// and what memory that takes: with 10, 1,000 and 10,000 manifests of suspended applications, in the same run.
//
// scale [--teald PROGRAM] [--limit SECONDS] [N …]. Prints a table; ends with 1 when something was not admitted within
// the limit (300 s each). Figures are for reading: nothing is asserted of them, as they are the machine's.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/benchmark/scale/empty_engine.hpp"
#include "tests/support/teald_process.hpp"

namespace {

namespace fs = std::filesystem;
using namespace teal::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string program;
  std::chrono::seconds limit{300};
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
  double cpu = 0;   // seconds of teald's own
  long memory = 0;  // KiB, the most
};

std::string name_of(int number) { return fmt::format("app-{:05}", number); }

void write_manifest(const std::string& folder, int number) {
  std::ofstream{fmt::format("{}/{}.yaml", folder, name_of(number))} << fmt::format(
      "apiVersion: teal/v1\nkind: Application\nmetadata: {{name: {}, labels: {{team: scale}}}}\n"
      "spec:\n  version: \"1.0.{}\"\n  image: registry.example/scale/{}\n  suspend: true\n  components:\n"
      "    - {{name: api, replicas: 2, port: 8000, env: {{LOG_LEVEL: info}}}}\n    - {{name: worker}}\n",
      name_of(number), number, name_of(number));
}

// A number in a file of /proc/PID, after a word.
long number_after(const std::string& path, const std::string& word) {
  const auto text = read_text(path);
  const auto found = text.find(word);
  return found == text.npos ? 0 : std::atol(text.c_str() + found + word.size());
}

double cpu_seconds(pid_t pid) {
  const auto text = read_text(fmt::format("/proc/{}/stat", pid));
  auto at = text.rfind(')');
  long ticks = 0;
  for (int field = 2; field <= 14 && at != text.npos; ++field) {
    at = text.find(' ', at + 1);
    if (field >= 13) ticks += std::atol(text.c_str() + at + 1);  // utime and stime
  }
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
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
    std::atomic<bool> over = false;
    std::vector<double> waits;
    const auto begun = Clock::now();
    teald.launch();
    std::thread asking{[&] { ask_health(teald.url(), over, waits); }};
    // The last one is not always the last to be shown, so all are counted once it is; rarely, as a list is long.
    Rest rest{teald.url()};
    const auto last = "/apis/teal/v1/applications/" + name_of(count - 1);
    const auto end = begun + options.limit;
    while (Clock::now() < end && teald.running() && figures.admitted < count) {
      std::this_thread::sleep_for(20ms);
      const auto shown = rest.request("GET", last);
      if (!shown || shown->status != 200) continue;
      figures.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
      figures.healthz_wait = 0;
      const auto metrics = rest.request("GET", "/metrics");
      figures.admitted = 0;
      for (std::size_t at = 0; metrics && (at = metrics->text.find(",phase=\"Suspended\"}", at)) != std::string::npos;)
        ++figures.admitted, ++at;
    }
    over = true;
    asking.join();
    figures.asked = waits.size();
    std::ranges::sort(waits);
    if (!waits.empty()) {
      figures.healthz_wait = waits.back();
      figures.healthz_99 = waits[static_cast<std::size_t>(0.99 * static_cast<double>(waits.size() - 1))];
    }
    figures.engine_requests = engine.asked();
    const auto pid = teald.process().pid();
    figures.cpu = cpu_seconds(pid);
    figures.memory = number_after(fmt::format("/proc/{}/status", pid), "VmHWM:");
    if (figures.admitted < count) fmt::print(stderr, "{}\n", teald.log_tail(3));
    teald.kill();
  }
  fs::remove_all(folder);
  return figures;
}

void print(const std::vector<Figures>& all) {
  fmt::print(
      "| manifests | admitted | seconds | ms each | longest /healthz (ms) | p99 (ms) | of | CPU (s) | most memory "
      "(MiB) | KiB each beyond the first | engine requests |\n");
  fmt::print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const auto& one : all) {
    const auto more = one.wanted - all.front().wanted;
    const auto each = more > 0 ? static_cast<double>(one.memory - all.front().memory) / more : 0.0;
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.1f} | {:.1f} | {} | {:.1f} | {:.0f} | {:.1f} | {} |\n", one.wanted,
               one.admitted, one.seconds, one.seconds * 1000 / one.wanted, one.healthz_wait, one.healthz_99, one.asked,
               one.cpu, static_cast<double>(one.memory) / 1024, each, one.engine_requests);
  }
  const auto& first = all.front();
  const auto& most = all.back();
  fmt::print("{} times the manifests took {:.1f} times as long, and {:.1f} times the memory\n",
             most.wanted / std::max(first.wanted, 1), most.seconds / first.seconds,
             static_cast<double>(most.memory) / static_cast<double>(std::max(first.memory, 1L)));
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
