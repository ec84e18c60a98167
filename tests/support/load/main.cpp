// Steady load on one URL: new connections, kept connections and slow requests at once. See --help.
#include <poll.h>
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "tests/support/load/client.hpp"
#include "tests/support/load/tally.hpp"

namespace teal::load {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string url, path = "/", slow_path = "/slow?ms=2000";
  double new_rate = 160, keep_rate = 160, seconds = 0;
  int connections = 8, slow = 4, timeout_ms = 10'000;
  bool progress = false;
};

struct Run {
  Target target;
  Options options;
  Tally tally;
  std::atomic<bool> stopping = false;
};

std::string version_in(const std::string& body) {
  const std::string key = "\"version\":\"";
  const auto at = body.find(key);
  if (at == std::string::npos) return "";
  return body.substr(at + key.size(), body.find('"', at + key.size()) - at - key.size());
}

void one(Run& run, Client& client, Kind kind, const std::string& path) {
  const auto begun = Clock::now();
  const Answer answer = client.get(path, kind == Kind::keep_alive);
  run.tally.add({kind, answer.error, version_in(answer.body),
                 std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun)});
}

// One thread's share of a rate, at fixed times: a slow answer delays nobody else's request. After a stall it goes on
// from now instead of sending a burst that no client would.
void paced(Run& run, Kind kind, double rate, double offset) {
  const auto period = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
  auto next = Clock::now() + std::chrono::duration_cast<Clock::duration>(period * offset);
  Client client(run.target);
  while (!run.stopping) {
    std::this_thread::sleep_until(next);
    if (run.stopping) return;
    if (client.closed_while_idle()) run.tally.reopened();
    one(run, client, kind, run.options.path);
    next = std::max(next + period, Clock::now());
  }
}

void back_to_back(Run& run, double offset_ms) {
  std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(offset_ms));
  while (!run.stopping) {
    Client client(run.target);
    const auto begun = Clock::now();
    one(run, client, Kind::slow, run.options.slow_path);
    // An answer that comes at once is a failure: no need to hammer.
    if (Clock::now() - begun < std::chrono::milliseconds(20))
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// Waits for SIGTERM, SIGINT or the end of the time. Says on stderr when the first request is over, from when on a
// signal finds a load to report on, and with --progress where it stands, once a second.
void wait_for_end(Run& run, const sigset_t& signals) {
  const int fd = signalfd(-1, &signals, SFD_CLOEXEC);
  const auto started = Clock::now();
  bool under_way = false;
  for (;;) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - started).count();
    double wait = under_way ? 1.0 : 0.01;
    if (run.options.seconds > 0) wait = std::min(wait, run.options.seconds - elapsed);
    if (wait <= 0) return;
    pollfd entry{fd, POLLIN, 0};
    if (poll(&entry, 1, static_cast<int>(wait * 1000) + 1) > 0) return;
    if (under_way && !run.options.progress) continue;
    const auto totals = run.tally.totals();
    if (!under_way && totals.sent > 0) {
      under_way = true;
      std::fprintf(stderr, "load: under way\n");
    }
    if (!under_way || !run.options.progress) continue;
    std::fprintf(stderr, "load: %6.1f s  %llu sent  %llu failed  version %s\n",
                 std::chrono::duration<double>(Clock::now() - started).count(),
                 static_cast<unsigned long long>(totals.sent), static_cast<unsigned long long>(totals.failed),
                 totals.last_version.empty() ? "-" : totals.last_version.c_str());
  }
}

int generate(Run& run) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  constexpr int new_threads = 16;
  const Options& options = run.options;
  std::vector<std::thread> threads;
  for (int i = 0; options.new_rate > 0 && i < new_threads; ++i) {
    threads.emplace_back(paced, std::ref(run), Kind::fresh, options.new_rate / new_threads, i / double(new_threads));
  }
  for (int i = 0; options.keep_rate > 0 && i < options.connections; ++i) {
    threads.emplace_back(paced, std::ref(run), Kind::keep_alive, options.keep_rate / options.connections,
                         i / double(options.connections));
  }
  for (int i = 0; i < options.slow; ++i) threads.emplace_back(back_to_back, std::ref(run), 2000.0 * i / options.slow);

  wait_for_end(run, signals);
  run.stopping = true;
  for (auto& thread : threads) thread.join();  // what is in flight is waited for and counted
  std::printf("%s\n", run.tally.report().c_str());
  return run.tally.totals().failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace teal::load

int main(int argc, char** argv) {
  teal::load::Run run;
  auto& options = run.options;
  CLI::App app{
      "Steady load on URL until the time is over or SIGTERM comes; then one line of JSON on stdout. A request fails "
      "when "
      "connecting fails, the connection is cut, the answer is incomplete, late or not 2xx. Nothing is retried. "
      "Exit status: 0 none failed, 1 some failed, 2 bad usage."};
  app.add_option("url", options.url, "http://ADDRESS:PORT")->required();
  app.add_option("--path", options.path, "what is asked for")->capture_default_str();
  app.add_option("--new-rate", options.new_rate, "requests a second, each on a new connection")->capture_default_str();
  app.add_option("--keep-rate", options.keep_rate, "requests a second on kept connections")->capture_default_str();
  app.add_option("--connections", options.connections, "kept connections")->capture_default_str();
  app.add_option("--slow", options.slow, "slow requests always in flight")->capture_default_str();
  app.add_option("--slow-path", options.slow_path, "what these ask for")->capture_default_str();
  app.add_option("--seconds", options.seconds, "0: until SIGTERM")->capture_default_str();
  app.add_option("--timeout-ms", options.timeout_ms, "for one request")->capture_default_str();
  app.add_flag("--progress", options.progress, "one line a second on stderr");
  try {
    app.parse(argc, argv);
    run.target = teal::load::parse_target(options.url);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load: %s\n", error.what());
    return 2;
  }
  run.target.timeout = std::chrono::milliseconds(options.timeout_ms);
  return teal::load::generate(run);
}
