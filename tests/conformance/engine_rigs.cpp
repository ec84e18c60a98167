#include "tests/conformance/engine_rigs.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <thread>

#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/no_telemetry.hpp"
#include "tests/support/process.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Servers>& servers_slot() {
  static std::unique_ptr<Servers> servers;
  return servers;
}

class FakeRig final : public EngineRig {
 public:
  FakeRig() : engine_(clock_) {
    engine_.add_image("contract:1", {"sha256:feed", "sha256:feed"});
    engine_.lose_path("/nowhere/at/all");
    engine_.script([this](const ports::ContainerSpec& spec) { return behaviours_[spec.name]; });
  }
  ports::Engine& engine() override { return engine_; }
  std::string image_reference() override { return "contract:1"; }
  Time now() override { return clock_.now(); }
  void pass() override { clock_.time += 20ms; }
  std::string missing_path() override { return "/nowhere/at/all"; }

  void follow() override { engine_.keep_by_events(); }
  void tell(Told how, const std::vector<std::string>& names) override {
    auto all = names;
    if (how == Told::Backwards) std::ranges::reverse(all);
    if (how == Told::Twice) all.insert(all.end(), names.begin(), names.end());
    for (const auto& name : all) engine_.tell(name);
  }
  int requests() override { return engine_.calls("list"); }

  void rename(const std::string& name, const std::string& other) override { engine_.rename(name, other); }
  void copy(const std::string& name, const std::string& other) override { engine_.copy(name, other); }
  bool runs(const std::string& name) override {
    const auto& containers = engine_.containers();
    if (const auto found = containers.find(name); found != containers.end()) {
      return found->second.seen.state == world::ContainerState::Running;
    }
    return std::ranges::any_of(engine_.strange(), [&](const auto& one) {
      return one.first.name == name && one.second.seen.state == world::ContainerState::Running;
    });
  }

  void let(ports::ContainerSpec& spec, Does what) override {
    auto& behaviour = behaviours_[spec.name] = {};
    switch (what) {
      case Does::RunsUntilStopped:
        break;
      case Does::IgnoresStop:
        behaviour.stops_after.reset();
        break;
      case Does::PrintsAndExits3:
        behaviour.runs_for = 10ms;
        behaviour.exit_code = 3;
        behaviour.output = "out\nerr\n";
        break;
      case Does::ExitsAtOnce:
        behaviour.runs_for = 0ms;
        break;
      case Does::CannotStart:
        spec.command = {"/no/such/program"};
        behaviour.cannot_start = "exec: \"/no/such/program\": no such file or directory";
        break;
    }
  }

 private:
  SetClock clock_;
  FakeEngine engine_;
  std::map<std::string, FakeEngine::Behaviour> behaviours_;
};

class CallCount final : public NoTelemetry {
 public:
  void dependency(std::string_view, std::string_view, std::string_view, ports::Seconds) override { ++calls; }
  int calls = 0;
};

// What stands in for a dockerd, on a socket in a folder of its own.
class StandIn {
 public:
  StandIn()
      : process_({{TEAL_BIN_DIR "/docker_stand_in", "--socket", socket(), "--pace", "0", "--image", "contract:1"},
                  {},
                  "",
                  "",
                  ""}) {
    for (int i = 0; i < 1000 && !std::filesystem::exists(socket()); ++i) std::this_thread::sleep_for(10ms);
  }
  ~StandIn() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  [[nodiscard]] std::string host() const { return "unix://" + socket(); }

 private:
  [[nodiscard]] std::string socket() const { return folder_ + "/engine.sock"; }
  static std::string make_folder() {
    std::string pattern = "/tmp/teal-stand-in-XXXXXX";
    return ::mkdtemp(pattern.data());
  }

  std::string folder_ = make_folder();
  Process process_;
};

std::unique_ptr<StandIn>& stand_in_slot() {
  static std::unique_ptr<StandIn> stand_in;
  return stand_in;
}

// Whatever speaks Docker's API at this address; what its port has no word for is done by the `docker` command.
class DockerRig final : public EngineRig {
 public:
  explicit DockerRig(std::string host) : host_(std::move(host)) {
    docker::DockerOptions options;
    options.endpoint = http::parse_endpoint(host_).value();
    options.owner = fmt::format("contract-{}-{}", ::getpid(), ++owners_);
    options.inventory = inventory_ = std::make_shared<docker::Inventory>(options.owner);
    options.telemetry = &telemetry_;
    engine_ = docker::make_docker_engine(loop_.get_executor(), std::move(options));
  }
  ~DockerRig() override {
    if (const auto left = run(engine_->list(""))) {
      for (const auto& container : *left) (void)run(engine_->remove(container.id));
    }
    for (const auto& stranger : engine_->strangers("")) docker({"rm", "-f", stranger.id});
  }
  void follow() override {
    since_ = event_time();
    inventory_->follow(docker::Inventory::Followed::Yes);
  }
  // In the place of docker_events, which tells of each event once, as soon as it comes.
  void tell(Told how, const std::vector<std::string>&) override {
    const auto until = event_time();
    const auto text = docker(
        {"events", "--since", since_, "--until", until, "--filter", "label=teal.owner", "--format", "{{json .}}"});
    since_ = until;
    std::vector<docker::Event> events;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      if (auto event = docker::parse_event(line)) events.push_back(std::move(*event));
    }
    EXPECT_FALSE(events.empty()) << text;
    if (how == Told::Backwards) std::ranges::reverse(events);
    for (int times = how == Told::Twice ? 2 : 1; times > 0; --times) {
      for (const auto& event : events) inventory_->told(event);
    }
  }
  int requests() override { return telemetry_.calls; }

  ports::Engine& engine() override { return *engine_; }
  std::string image_reference() override { return "contract:1"; }
  Time now() override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
  void pass() override { std::this_thread::sleep_for(10ms); }
  std::string missing_path() override { return "/nowhere/at/all"; }

  void rename(const std::string& name, const std::string& other) override { docker({"rename", name, other}); }
  void copy(const std::string& name, const std::string& other) override {
    docker({"commit", name, "copied:1"});
    docker({"run", "-d", "--name", other, "copied:1"});
  }
  bool runs(const std::string& name) override {
    return docker({"ps", "-q", "--filter", "name=^/?" + name + "$"}) != "";
  }

  void let(ports::ContainerSpec& spec, Does what) override {
    const auto script = [&](const char* text) { spec.command = {"/bin/sh", "-c", text}; };
    switch (what) {
      case Does::RunsUntilStopped:
        return script("trap 'exit 0' TERM; while :; do sleep 0.05; done");
      case Does::IgnoresStop:
        return script("trap '' TERM; while :; do sleep 0.05; done");
      case Does::PrintsAndExits3:
        // Two pipes: without a moment between them their order is not known to anybody.
        return script("echo out; sleep 0.1; echo err >&2; exit 3");
      case Does::ExitsAtOnce:
        return script("exit 0");
      case Does::CannotStart:
        spec.command = {"/no/such/program"};
        return;
    }
  }

 private:
  std::string docker(std::vector<std::string> words) {
    words.insert(words.begin(), {"docker", "-H", host_});
    return run_program(words);
  }

  static std::string event_time() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return fmt::format("{}.{:09}", nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000);
  }

  static inline int owners_ = 0;
  std::string host_;
  CallCount telemetry_;
  std::string since_;
  std::shared_ptr<docker::Inventory> inventory_;
  std::unique_ptr<ports::Engine> engine_;
};

}  // namespace

Servers& shared_servers() {
  auto& servers = servers_slot();
  if (!servers) {
    servers = std::make_unique<Servers>();
    servers->import_busybox("contract:1", {"-c", "ENV BAKED=in", "-c", "CMD [\"/bin/sh\"]"});
  }
  return *servers;
}

void stop_shared_servers() {
  servers_slot().reset();
  stand_in_slot().reset();
}

std::unique_ptr<EngineRig> make_rig(EngineKind kind) {
  if (kind == EngineKind::Fake) return std::make_unique<FakeRig>();
  if (kind == EngineKind::Docker) return std::make_unique<DockerRig>(shared_servers().value("DOCKER_HOST"));
  auto& stand_in = stand_in_slot();
  if (!stand_in) stand_in = std::make_unique<StandIn>();
  return std::make_unique<DockerRig>(stand_in->host());
}

std::string engine_name(const testing::TestParamInfo<EngineKind>& kind) {
  switch (kind.param) {
    case EngineKind::Fake:
      return "Fake";
    case EngineKind::Docker:
      return "Docker";
    case EngineKind::StandIn:
      break;
  }
  return "StandIn";
}

}  // namespace teal::test
