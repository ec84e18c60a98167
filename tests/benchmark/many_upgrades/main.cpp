// many_upgrades [APPLICATIONS]: as many applications (200) of one replica each on a real dockerd behind a real HAProxy,
// all bumped at the same moment while clients send requests to all of them through it.
//
// Prints how long the installation and the bump of all took, teald's CPU, and how many requests were sent and failed.
// Exit status: 0 all are Complete at the new version and no request failed; 1 not so.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/benchmark/many_upgrades/traffic.hpp"
#include "tests/support/servers.hpp"
#include "tests/support/teald_process.hpp"

namespace teal::benchmark {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A shell that answers with its version until it is stopped. httpd serves each request in a process of its own, so
// that those under way are answered.
constexpr auto program =
    "mkdir -p /www && echo $VERSION > /www/index.html && trap 'kill $!; exit 0' TERM; httpd -f -p 8000 -h /www & wait";

std::string name_of(int number) { return fmt::format("many-{:03}", number); }

std::string manifest(int number, int version) {
  return fmt::format(
      "apiVersion: teal/v1\nkind: Application\nmetadata: {{name: {0}}}\n"
      "spec:\n  version: \"{1}\"\n  image: many:1\n  pullPolicy: Never\n  components:\n"
      "    - name: web\n      port: 8000\n      command: [\"/bin/sh\", \"-c\", \"{2}\"]\n"
      "      env: {{VERSION: \"v{1}\"}}\n"
      "      health: {{path: /index.html, interval: 5s, successes: 1}}\n"
      "      loadBalancer: {{name: edge, backend: {0}, drain: 5s}}\n"
      "  rollout: {{bake: 0s}}\n",
      name_of(number), version, program);
}

// One frontend; the first part of a path is the application.
std::string haproxy_configuration(const std::string& socket, int port, int count) {
  auto text = fmt::format(
      "global\n  stats socket {} level admin\n  maxconn 4096\n"
      "defaults\n  mode http\n  option redispatch\n  retries 3\n  timeout connect 2s\n  timeout client 60s\n"
      "  timeout server 60s\n  timeout check 1s\n"
      "frontend front\n  bind 127.0.0.1:{}\n  use_backend %[path,field(2,/)]\n",
      socket, port);
  for (int i = 0; i < count; ++i) {
    text +=
        fmt::format("backend {}\n  option httpchk GET /index.html\n  http-request set-path /index.html\n", name_of(i));
  }
  return text;
}

double since(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

class Benchmark {
 public:
  explicit Benchmark(int count) : count_(count), port_(test::free_port()) {
    servers_.import_busybox("many:1");
    const auto socket = servers_.folder() + "/many.sock";
    const auto file = servers_.folder() + "/many.cfg";
    std::ofstream{file} << haproxy_configuration(socket, port_, count);
    const auto log = servers_.folder() + "/many.log";
    haproxy_ = std::make_unique<test::Process>(test::Program{{"haproxy", "-db", "-f", file}, {}, "", log, log});
    for (int i = 0; i < 500 && !std::filesystem::exists(socket); ++i) std::this_thread::sleep_for(10ms);
    test::TealdSettings settings;
    settings.folder = servers_.folder() + "/teald";
    settings.docker_socket = servers_.value("DOCKER_SOCKET");
    settings.haproxy_socket = socket;
    teald_ = std::make_unique<test::Teald>(settings);
    teald_->start();
  }
  ~Benchmark() {
    for (int i = 0; i < count_; ++i)
      (void)std::filesystem::remove(fmt::format("{}/{}.yaml", teald_->manifests(), name_of(i)));
    (void)teald_->stop();
  }
  Benchmark(const Benchmark&) = delete;
  Benchmark& operator=(const Benchmark&) = delete;

  int run() {
    auto begun = Clock::now();
    bump(1);
    const bool is_installed = await(1);
    fmt::print("installed               {} of {} in {:.1f} s\n", complete_, count_, since(begun));
    if (!is_installed) return 1;
    std::vector<std::string> targets;
    for (int i = 0; i < count_; ++i) targets.push_back("/" + name_of(i) + "/");
    Traffic traffic{port_, std::move(targets), 8, 5};
    std::this_thread::sleep_for(2s);
    begun = Clock::now();
    bump(2);
    const bool is_bumped = await(2);
    const auto took = since(begun);
    std::this_thread::sleep_for(2s);
    const auto& sent = traffic.stop();
    fmt::print("bumped                  {} of {} in {:.1f} s\n", complete_, count_, took);
    fmt::print("requests meanwhile      {} sent, {} failed\n", sent.requests, sent.failed);
    for (const auto& [what, number] : sent.failures) fmt::print("  {} × {}\n", number, what);
    for (const auto& [version, number] : sent.by_version) fmt::print("  answered by {}: {}\n", version, number);
    return is_bumped && sent.failed == 0 ? 0 : 1;
  }

 private:
  void bump(int version) {
    for (int i = 0; i < count_; ++i) teald_->save(name_of(i) + ".yaml", manifest(i, version));
  }

  bool await(int version) {
    const auto end = Clock::now() + 20min;
    for (complete_ = 0; Clock::now() < end; std::this_thread::sleep_for(500ms)) {
      complete_ = 0;
      for (const auto& one : test::array_at(teald_->rest().get("/apis/teal/v1/applications"), "/items")) {
        const bool is_it = test::text_at(one, "/status/activeVersion") == std::to_string(version) &&
                           test::text_at(one, "/status/phase") == "Complete";
        complete_ += is_it ? 1 : 0;
      }
      if (complete_ == count_) return true;
    }
    fmt::print(stderr, "{}\n", teald_->log_tail(20));
    return false;
  }

  int count_;
  int port_;
  int complete_ = 0;
  test::Servers servers_;
  std::unique_ptr<test::Process> haproxy_;
  std::unique_ptr<test::Teald> teald_;
};

}  // namespace
}  // namespace teal::benchmark

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    const int count = argc > 1 ? std::stoi(argv[1]) : 200;
    if (count < 1 || count > 900) throw std::invalid_argument("1 to 900 applications");
    return teal::benchmark::Benchmark{count}.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "many_upgrades: {}\n", error.what());
    return 1;
  }
}
