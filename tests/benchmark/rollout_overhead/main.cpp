// rollout_overhead [UPGRADES [EARLIER_TEALD]]: how much longer an upgrade by Teal takes than the bare calls, beside an
// earlier teald if one is named, and beside one that is asked for status 50 times a second, and what memory teald
// needs.
//
// The sample application (2 api replicas, 1 worker, a real migration) stands once for each contestant on the same
// dockerd, HAProxy and PostgreSQL, behind a backend of its own. In each round it is upgraded once by the floor
// (floor.hpp), once by teald, once by a teald that is asked for its status 50 times a second meanwhile (`asked`), and
// once by the earlier teald, in an order that rotates, so that what else the machine does meets all of them. Each has
// its backend under load meanwhile, and begins two seconds after it: when the next pair of 2-second requests does, so
// that all of them wait for the same ones in their drain. teald's time is that from saving the file to the rollout's
// finishedAt. Prints every figure, the ratios of the medians, and the median of each round's own ratio. Exit status: 0
// the ratio to the floor is at most 1.25 and no worse than the earlier teald's by more than 0.02, teald's peak memory
// at most 30 MiB and no request failed; 1 not so.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
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
constexpr double most_worse = 0.02;  // than the earlier teald: below this it is noise
constexpr auto repository = "overhead-sample";

constexpr auto manifest = R"(apiVersion: teal/v1
kind: Application
metadata: {{name: {name}}}
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
      loadBalancer: {{name: edge, backend: {name}, drain: 10s}}
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

double peak_mebibytes(pid_t pid) {
  std::ifstream file{fmt::format("/proc/{}/status", pid)};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  throw std::runtime_error("teald's memory cannot be read");
}

// One who upgrades the application of its name, behind the backend of that name.
class Contestant {
 public:
  Contestant(std::string name, const test::Servers& servers) : name_(std::move(name)), servers_(servers) {}
  virtual ~Contestant() = default;
  // How many seconds it took. Versions count from 1, the installation, without a gap.
  virtual double upgrade(int version) = 0;

  // Upgrades it under load.
  void measure(int version) {
    const auto beside = servers_.folder() + "/load_" + name_;
    std::filesystem::create_directories(beside);
    test::Load load{url(), beside};
    std::this_thread::sleep_for(2s);
    took.push_back(upgrade(version));
    const auto report = load.finish();
    sent += report.sent;
    failed += report.failed;
    errors += report.errors;
    fmt::print("{} {}: {:.2f} s\n", name_, version - 1, took.back());
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  std::vector<double> took;
  std::uint64_t sent = 0;  // requests meanwhile
  std::uint64_t failed = 0;
  std::string errors;

 protected:
  [[nodiscard]] std::string value(const std::string& key) const { return servers_.value(key); }
  [[nodiscard]] std::string url() const { return value("HAPROXY_URL_" + name_); }
  [[nodiscard]] const std::string& folder() const { return servers_.folder(); }

 private:
  std::string name_;
  const test::Servers& servers_;
};

class BareCalls final : public Contestant {
 public:
  explicit BareCalls(const test::Servers& servers) : Contestant("floor", servers) {
    FloorSettings settings;
    settings.docker_socket = value("DOCKER_SOCKET");
    settings.haproxy_socket = value("HAPROXY_ADMIN_SOCKET");
    settings.backend = name();
    settings.repository = repository;
    settings.environment = {{"DB__HOST", value("PG_SOCKET_DIR")},
                            {"DB__PORT", value("PG_PORT")},
                            {"DB__NAME", value("PG_DATABASE")},
                            {"DB__USER", first_line(value("PG_APP_USER_FILE"))},
                            {"DB__PASSWORD", first_line(value("PG_APP_PASSWORD_FILE"))}};
    settings.credentials = {{"DB__USER", first_line(value("PG_MIGRATION_USER_FILE"))},
                            {"DB__PASSWORD", first_line(value("PG_MIGRATION_PASSWORD_FILE"))}};
    settings.mounts = {{value("PG_SOCKET_DIR"), value("PG_SOCKET_DIR"), false}};
    floor_ = std::make_unique<Floor>(std::move(settings));
  }
  double upgrade(int version) override { return floor_->upgrade(std::to_string(version)).count(); }

 private:
  std::unique_ptr<Floor> floor_;
};

class Daemon : public Contestant {
 public:
  // program: empty, the teald that was built.
  Daemon(std::string name, const test::Servers& servers, std::string program)
      : Contestant(std::move(name), servers), teald_(settings(std::move(program))) {
    teald_.start();
  }

  // From the save to the rollout's own end, both by this machine's clock.
  double upgrade(int version) override {
    const auto saved = std::chrono::system_clock::now();
    teald_.save(name() + ".yaml", text_of(version));
    const auto target = fmt::format("/apis/teal/v1/rollouts/{}-{}", name(), version);
    for (int i = 0; i < 600; ++i) {
      std::this_thread::sleep_for(100ms);
      const auto rollout = teald_.rest().get(target);
      const auto phase = test::text_at(rollout, "/status/phase");
      if (phase == "Complete") {
        const auto finished = parse_time(test::text_at(rollout, "/status/finishedAt"));
        if (!finished) throw std::runtime_error(finished.error().message);
        return std::chrono::duration<double>(*finished - saved).count();
      }
      if (phase == "RolledBack" || phase == "Failed") {
        throw std::runtime_error(name() + ": " + test::text_at(rollout, "/status/message") + "\n" +
                                 teald_.log_tail(20));
      }
    }
    throw std::runtime_error(name() + ": not Complete within a minute\n" + teald_.log_tail(20));
  }
  double peak() { return peak_mebibytes(teald_.process().pid()); }

 protected:
  [[nodiscard]] std::string api() const { return teald_.url(); }

 private:
  test::TealdSettings settings(std::string program) const {
    test::TealdSettings settings;
    settings.folder = folder() + "/" + name();
    settings.docker_socket = value("DOCKER_SOCKET");
    settings.haproxy_socket = value("HAPROXY_ADMIN_SOCKET");
    settings.haproxy_url = url();
    settings.program = std::move(program);
    return settings;
  }

  [[nodiscard]] std::string text_of(int version) const {
    return fmt::format(manifest, fmt::arg("name", name()), fmt::arg("version", version), fmt::arg("image", repository),
                       fmt::arg("pg", value("PG_SOCKET_DIR")), fmt::arg("port", value("PG_PORT")),
                       fmt::arg("database", value("PG_DATABASE")), fmt::arg("app_user", value("PG_APP_USER_FILE")),
                       fmt::arg("app_password", value("PG_APP_PASSWORD_FILE")),
                       fmt::arg("migration_user", value("PG_MIGRATION_USER_FILE")),
                       fmt::arg("migration_password", value("PG_MIGRATION_PASSWORD_FILE")));
  }

  test::Teald teald_;
};

// With its status asked for 50 times a second meanwhile, as a dashboard with many watchers would.
class AskedDaemon final : public Daemon {
 public:
  using Daemon::Daemon;
  double upgrade(int version) override {
    std::jthread reader{[this](const std::stop_token& over) { ask(over); }};
    return Daemon::upgrade(version);
  }

  long answers = 0;
  long unanswered = 0;

 private:
  void ask(const std::stop_token& over) {
    test::Rest rest{api()};
    const auto target = fmt::format("/apis/teal/v1/applications/{}/status", name());
    for (auto next = std::chrono::steady_clock::now(); !over.stop_requested();
         std::this_thread::sleep_until(next += 20ms)) {
      const auto answer = rest.request("GET", target);
      answer && answer->status == 200 ? ++answers : ++unanswered;
    }
  }
};

class Benchmark {
 public:
  Benchmark(int upgrades, const std::string& earlier) : upgrades_(upgrades) {
    std::vector<std::string> build{std::string{TEAL_SOURCE_DIR} + "/tests/sample_app/build-image", "--bin",
                                   TEAL_BIN_DIR, servers_.value("DOCKER_SOCKET"), repository};
    for (int version = 1; version <= upgrades_ + 1; ++version) build.push_back(std::to_string(version));
    test::run_program(build);
    floor_ = std::make_unique<BareCalls>(servers_);
    teald_ = std::make_unique<Daemon>("teald", servers_, "");
    asked_ = std::make_unique<AskedDaemon>("asked", servers_, "");
    all_ = {floor_.get(), teald_.get(), asked_.get()};
    if (earlier.empty()) return;
    earlier_ = std::make_unique<Daemon>("earlier", servers_, earlier);
    all_.push_back(earlier_.get());
  }

  int run() {
    for (auto* one : all_) one->upgrade(1);
    for (int round = 0; round < upgrades_; ++round) {
      for (std::size_t turn = 0; turn < all_.size(); ++turn) {
        all_[(static_cast<std::size_t>(round) + turn) % all_.size()]->measure(round + 2);
      }
    }
    return report();
  }

 private:
  [[nodiscard]] double ratio(const Contestant& one) const { return median(one.took) / median(floor_->took); }

  void print(const Contestant& one) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < one.took.size(); ++i) ratios.push_back(one.took[i] / floor_->took[i]);
    fmt::print("{:8} {}; ratio of the medians {:.3f}, median of the rounds' {:.3f}\n", one.name(), figures(one.took),
               ratio(one), median(ratios));
  }

  int report() {
    for (const auto* one : all_) {
      print(*one);
      fmt::print("         requests meanwhile: {} sent, {} failed {}\n", one->sent, one->failed, one->errors);
    }
    fmt::print("asked: {} answers, {} failed\n", asked_->answers, asked_->unanswered);
    const double peak = teald_->peak();
    fmt::print("teald's ratio {:.3f} (at most {}), its peak memory {:.1f} MiB (at most {:.0f})\n", ratio(*teald_),
               most_ratio, peak, most_mebibytes);
    const bool is_no_worse = !earlier_ || ratio(*teald_) <= ratio(*earlier_) + most_worse;
    return ratio(*teald_) <= most_ratio && is_no_worse && peak <= most_mebibytes && teald_->failed == 0 ? 0 : 1;
  }

  int upgrades_;
  test::Servers servers_{{"--private", "--backend", "main", "--backend", "floor", "--backend", "teald", "--backend",
                          "asked", "--backend", "earlier"}};  // the first has no URL of its name
  std::unique_ptr<BareCalls> floor_;
  std::unique_ptr<Daemon> teald_;
  std::unique_ptr<AskedDaemon> asked_;
  std::unique_ptr<Daemon> earlier_;
  std::vector<Contestant*> all_;
};

}  // namespace
}  // namespace teal::benchmark

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    const int upgrades = argc > 1 ? std::stoi(argv[1]) : 5;
    if (upgrades < 1 || upgrades > 100) throw std::invalid_argument("1 to 100 upgrades");
    return teal::benchmark::Benchmark{upgrades, argc > 2 ? argv[2] : ""}.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "rollout_overhead: {}\n", error.what());
    return 1;
  }
}
