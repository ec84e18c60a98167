// rollout_overhead [UPGRADES]: how much longer an upgrade by Teal takes than the bare calls, and what memory teald
// needs.
//
// Two series of upgrades of the sample application (2 api replicas, 1 worker, a real migration) on the same dockerd,
// HAProxy and PostgreSQL, in the same run and under the same load with 2-second requests in flight: first by the floor
// (floor.hpp), then by teald, measured from saving the file to the rollout's finishedAt, and by teald once more while
// its status is asked for 50 times a second. Prints every figure and the ratios of the medians. Exit status: 0 the
// ratio of teald alone is at most 1.25, its peak memory at most 30 MiB and no request failed; 1 not so.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "manifests/foundation/parse_time.hpp"
#include "tests/benchmark/rollout_overhead/floor.hpp"
#include "tests/support/load_process.hpp"
#include "tests/support/servers.hpp"
#include "tests/support/teald_process.hpp"

namespace teal::benchmark {
namespace {

using namespace std::chrono_literals;

constexpr double most_ratio = 1.25;
constexpr double most_mebibytes = 30;
constexpr auto repository = "overhead-sample";

constexpr auto manifest = R"(apiVersion: teal/v1
kind: Application
metadata: {{name: overhead}}
spec:
  version: "{version}"
  image: {image}
  pullPolicy: Never
  env:
    DB__HOST: {pg}
    DB__PORT: "{port}"
    DB__NAME: {database}
    DB__USER: {{fromFile: {app_user}}}
    DB__PASSWORD: {{fromFile: {app_password}}}
  migration:
    jobs:
      - name: default
        command: ["./upgrade_schema.sh", "upgrade"]
        mounts: [{{source: {pg}, target: {pg}}}]
        credentials:
          DB__USER: {{fromFile: {migration_user}}}
          DB__PASSWORD: {{fromFile: {migration_password}}}
  components:
    - name: api
      replicas: 2
      port: 8000
      health: {{interval: 200ms, successes: 1, startup: 20s}}
      loadBalancer: {{name: edge, backend: sample_api, drain: 10s}}
      mounts: [{{source: {pg}, target: {pg}}}]
    - name: worker
      command: ["./worker"]
      mounts: [{{source: {pg}, target: {pg}}}]
  rollout: {{bake: 0s}}
)";

std::string first_line(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.size() % 2 == 1 ? values[values.size() / 2]
                                : (values[values.size() / 2 - 1] + values[values.size() / 2]) / 2;
}

std::string figures(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return fmt::format("{:.2f} / {:.2f} / {:.2f} s (min / median / max of {})", low, median(values), high, values.size());
}

class Benchmark {
 public:
  explicit Benchmark(int upgrades) : upgrades_(upgrades) {
    std::vector<std::string> build{std::string{TEAL_SOURCE_DIR} + "/tests/sample_app/build-image", "--bin",
                                   TEAL_BIN_DIR, servers_.value("DOCKER_SOCKET"), repository};
    for (int version = 1; version <= 3 * (upgrades + 1); ++version) build.push_back(std::to_string(version));
    test::run_program(build);
  }

  int run() {
    measure_floor();
    measure_teal();
    const double ratio = median(teal_) / median(floor_);
    fmt::print("floor    {}\nteald    {}\nasked    {}\n", figures(floor_), figures(teal_), figures(asked_));
    fmt::print("ratio of the medians     {:.3f} (at most {})\n", ratio, most_ratio);
    fmt::print("while asked for status   {:.3f} ({} answers, {} failed)\n", median(asked_) / median(floor_), answers_,
               unanswered_);
    fmt::print("teald's peak memory      {:.1f} MiB (at most {:.0f})\n", peak_, most_mebibytes);
    fmt::print("requests during teald's  {} sent, {} failed {}\n", report_.sent, report_.failed, report_.errors);
    return ratio <= most_ratio && peak_ <= most_mebibytes && report_.failed == 0 ? 0 : 1;
  }

 private:
  [[nodiscard]] std::string value(const char* name) const { return servers_.value(name); }

  void measure_floor() {
    FloorSettings settings;
    settings.docker_socket = value("DOCKER_SOCKET");
    settings.haproxy_socket = value("HAPROXY_ADMIN_SOCKET");
    settings.backend = "sample_api";
    settings.repository = repository;
    settings.environment = {{"DB__HOST", value("PG_SOCKET_DIR")},
                            {"DB__PORT", value("PG_PORT")},
                            {"DB__NAME", value("PG_DATABASE")},
                            {"DB__USER", first_line(value("PG_APP_USER_FILE"))},
                            {"DB__PASSWORD", first_line(value("PG_APP_PASSWORD_FILE"))}};
    settings.credentials = {{"DB__USER", first_line(value("PG_MIGRATION_USER_FILE"))},
                            {"DB__PASSWORD", first_line(value("PG_MIGRATION_PASSWORD_FILE"))}};
    settings.mounts = {{value("PG_SOCKET_DIR"), value("PG_SOCKET_DIR"), false}};
    Floor floor{std::move(settings)};
    floor.upgrade("1");
    test::Load load{value("HAPROXY_URL"), servers_.folder()};
    std::this_thread::sleep_for(2s);  // until 2-second requests are in flight
    for (int i = 0; i < upgrades_; ++i) {
      floor_.push_back(floor.upgrade(std::to_string(i + 2)).count());
      fmt::print("floor {}: {:.2f} s\n", i + 1, floor_.back());
    }
    static_cast<void>(load.finish());
    floor.clear();
  }

  void measure_teal() {
    test::TealdSettings settings;
    settings.folder = servers_.folder() + "/teald";
    settings.docker_socket = value("DOCKER_SOCKET");
    settings.haproxy_socket = value("HAPROXY_ADMIN_SOCKET");
    settings.haproxy_url = value("HAPROXY_URL");
    test::Teald teald{settings};
    teald.start();
    upgrade(teald, 1, upgrades_ + 2);
    test::Load load{value("HAPROXY_URL"), servers_.folder()};
    std::this_thread::sleep_for(2s);
    int revision = 1;
    const auto series = [&](const char* name, std::vector<double>& took) {
      for (int i = 0; i < upgrades_; ++i) {
        ++revision;
        took.push_back(upgrade(teald, revision, upgrades_ + 1 + revision));
        fmt::print("{} {}: {:.2f} s\n", name, i + 1, took.back());
      }
    };
    series("teald", teal_);
    std::jthread reader{[&](const std::stop_token& over) { ask_for_status(teald.url(), over); }};
    series("teald, asked", asked_);
    reader.request_stop();
    reader.join();
    report_ = load.finish();
    peak_ = peak_mebibytes(teald.process().pid());
    teald.stop();
  }

  // Fifty times a second, as a dashboard with many watchers would.
  void ask_for_status(const std::string& url, const std::stop_token& over) {
    test::Rest rest{url};
    for (auto next = std::chrono::steady_clock::now(); !over.stop_requested();
         std::this_thread::sleep_until(next += 20ms)) {
      const auto answer = rest.request("GET", "/apis/teal/v1/applications/overhead/status");
      answer && answer->status == 200 ? ++answers_ : ++unanswered_;
    }
  }

  // From the save to the rollout's own end, both by this machine's clock.
  double upgrade(test::Teald& teald, int revision, int version) {
    const auto saved = std::chrono::system_clock::now();
    teald.save("overhead.yaml", text_of(version));
    const auto target = fmt::format("/apis/teal/v1/rollouts/overhead-{}", revision);
    for (int i = 0; i < 600; ++i) {
      std::this_thread::sleep_for(100ms);
      const auto rollout = teald.rest().get(target);
      const auto phase = test::text_at(rollout, "/status/phase");
      if (phase == "Complete") {
        const auto finished = parse_time(test::text_at(rollout, "/status/finishedAt"));
        if (!finished) throw std::runtime_error(finished.error().message);
        return std::chrono::duration<double>(*finished - saved).count();
      }
      if (phase == "RolledBack" || phase == "Failed") {
        throw std::runtime_error("teald: " + test::text_at(rollout, "/status/message") + "\n" + teald.log_tail(20));
      }
    }
    throw std::runtime_error("teald: not Complete within a minute\n" + teald.log_tail(20));
  }

  [[nodiscard]] std::string text_of(int version) const {
    return fmt::format(manifest, fmt::arg("version", version), fmt::arg("image", repository),
                       fmt::arg("pg", value("PG_SOCKET_DIR")), fmt::arg("port", value("PG_PORT")),
                       fmt::arg("database", value("PG_DATABASE")), fmt::arg("app_user", value("PG_APP_USER_FILE")),
                       fmt::arg("app_password", value("PG_APP_PASSWORD_FILE")),
                       fmt::arg("migration_user", value("PG_MIGRATION_USER_FILE")),
                       fmt::arg("migration_password", value("PG_MIGRATION_PASSWORD_FILE")));
  }

  static double peak_mebibytes(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{}/status", pid)};
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
    }
    throw std::runtime_error("teald's memory cannot be read");
  }

  int upgrades_;
  test::Servers servers_;
  std::vector<double> floor_;
  std::vector<double> teal_;
  std::vector<double> asked_;
  long answers_ = 0;
  long unanswered_ = 0;
  double peak_ = 0;
  test::LoadReport report_;
};

}  // namespace
}  // namespace teal::benchmark

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    const int upgrades = argc > 1 ? std::stoi(argv[1]) : 5;
    if (upgrades < 1 || upgrades > 100) throw std::invalid_argument("1 to 100 upgrades");
    return teal::benchmark::Benchmark{upgrades}.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "rollout_overhead: {}\n", error.what());
    return 1;
  }
}
