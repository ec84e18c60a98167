#include "tests/conformance/load_balancer_rigs.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/http/http_client.hpp"
#include "daemon/runtime/stream.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/conformance/haproxy_process.hpp"
#include "tests/support/fake_load_balancer.hpp"
#include "tests/support/process.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class FakeRig final : public LoadBalancerRig {
 public:
  explicit FakeRig(bool sees_old_processes) : sees_old_processes_(sees_old_processes) {
    fake_.set_sees_old_processes(sees_old_processes);
    fake_.add_backend(backend());
    dead_.add_backend(backend());
    dead_.set_reachable(false);
    for (int i = 0; i < 3; ++i) fake_.set_healthy(well(i), true);
  }
  ports::LoadBalancer& balancer() override { return fake_; }
  ports::LoadBalancer& of_another_teald() override { return fake_; }
  std::size_t entries() override { return fake_.look(backend()).size(); }
  ports::LoadBalancer& dead() override { return dead_; }
  std::string backend() override { return "contract"; }
  std::string well(int index) override { return fmt::format("127.0.0.1:{}", 8000 + index); }
  std::string sick() override { return "127.0.0.1:503"; }
  void pass() override { clock_.time += 10ms; }
  void begin_request() override { session_ = fake_.open_session(backend()); }
  void finish_request() override { fake_.finish(session_); }
  bool request_succeeded() override {
    return fake_.session(session_).state == FakeLoadBalancer::SessionState::Finished;
  }
  void stop_replicas() override {}
  [[nodiscard]] bool sees_old_processes() const override { return sees_old_processes_; }
  void reload() override { fake_.reload(); }

 private:
  bool sees_old_processes_;
  SetClock clock_;
  FakeLoadBalancer fake_{clock_};
  FakeLoadBalancer dead_{clock_};
  int session_ = 0;
};

// An application: /check answers at once, everything else when it is told to.
struct Application {
  runtime::ListenerPtr listener;
  int check_status = 200;
  std::vector<runtime::StreamPtr> waiting;
};

std::string answer_text(int status) { return fmt::format("HTTP/1.1 {} X\r\nContent-Length: 2\r\n\r\nok", status); }

asio::awaitable<void> serve(std::shared_ptr<Application> application, runtime::StreamPtr stream) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) {
      const auto count = co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
      if (!count || *count == 0) break;
      text.append(buffer, *count);
      continue;
    }
    const bool check = text.starts_with("GET /check ");
    text.erase(0, end + 4);
    if (!check) {
      application->waiting.push_back(stream);
      continue;
    }
    if (!co_await stream->write(answer_text(application->check_status), runtime::no_deadline)) break;
  }
  stream->close();
}

asio::awaitable<void> accept_all(std::shared_ptr<Application> application, asio::io_context& loop) {
  for (;;) {
    auto stream = co_await application->listener->accept();
    if (!stream) co_return;
    asio::co_spawn(loop, serve(application, *stream), asio::detached);
  }
}

asio::awaitable<void> write_answer(runtime::StreamPtr stream) {
  static_cast<void>(co_await stream->write(answer_text(200), runtime::no_deadline));
}

using Outcome = std::shared_ptr<std::optional<Result<http::Response>>>;

asio::awaitable<void> request(std::shared_ptr<http::Client> client, Outcome outcome) {
  http::Request wanted;
  wanted.target = "/slow";
  auto response = co_await client->request(wanted, 20s);
  outcome->emplace(std::move(response));
}

class HaproxyStandIn {
 public:
  HaproxyStandIn()
      : process_(
            {{TEAL_BIN_DIR "/haproxy_stand_in", "--socket", socket(), "--backends", "contract", "--check", "/check"},
             {},
             "",
             "",
             ""}) {
    for (int i = 0; i < 1000 && !std::filesystem::exists(socket()); ++i) std::this_thread::sleep_for(10ms);
  }
  ~HaproxyStandIn() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  HaproxyStandIn(const HaproxyStandIn&) = delete;
  HaproxyStandIn& operator=(const HaproxyStandIn&) = delete;

  [[nodiscard]] std::string socket() const { return folder_ + "/haproxy.sock"; }

 private:
  static std::string make_folder() {
    std::string pattern = "/tmp/teal-stand-in-XXXXXX";
    return ::mkdtemp(pattern.data());
  }

  std::string folder_ = make_folder();
  Process process_;
};

std::unique_ptr<HaproxyProcess>& haproxy_slot() {
  static std::unique_ptr<HaproxyProcess> process;
  return process;
}

// With applications that a request waits for.
class ServingRig : public LoadBalancerRig {
 public:
  explicit ServingRig(bool sees_old_processes) : sees_old_processes_(sees_old_processes) {
    for (const int status : {200, 200, 200, 503}) {
      auto application = std::make_shared<Application>();
      application->listener = runtime::listen_tcp(loop_.get_executor(), "127.0.0.1", "0").value();
      application->check_status = status;
      asio::co_spawn(loop_, accept_all(application, loop_), asio::detached);
      applications_.push_back(std::move(application));
    }
  }
  void detach_all() {
    finish_request();
    if (const auto left = run(balancer_->servers(backend()))) {
      for (const auto& server : *left) static_cast<void>(run(balancer_->detach(backend(), server.name, true)));
    }
    for (const auto& application : applications_) application->listener->close();
  }
  virtual HaproxyProcess& process() = 0;
  ports::LoadBalancer& balancer() override { return *balancer_; }
  ports::LoadBalancer& of_another_teald() override { return *another_; }
  virtual std::string ask(const std::string& line) { return process().ask(line); }
  std::size_t entries() override {
    const auto answer = ask("show servers conn " + backend());
    std::size_t found = 0;
    for (std::size_t at = 0; (at = answer.find('\n' + backend() + '/', at)) != std::string::npos; ++at) ++found;
    return found;
  }
  ports::LoadBalancer& dead() override { return *dead_; }
  std::string backend() override { return process().backend(); }
  std::string well(int index) override { return address(static_cast<std::size_t>(index)); }
  std::string sick() override { return address(applications_.size() - 1); }
  void pass() override { loop_.run_for(10ms); }

  void begin_request() override {
    const auto url = fmt::format("http://127.0.0.1:{}", process().port());
    auto client = std::make_shared<http::Client>(loop_.get_executor(), http::parse_endpoint(url).value());
    outcome_ = std::make_shared<std::optional<Result<http::Response>>>();
    asio::co_spawn(loop_, request(std::move(client), outcome_), asio::detached);
    for (int i = 0; i < 500 && !under_way() && !*outcome_; ++i) pass();
  }
  void finish_request() override {
    for (const auto& application : applications_) {
      for (const auto& stream : application->waiting) asio::co_spawn(loop_, write_answer(stream), asio::detached);
      application->waiting.clear();
    }
  }
  bool request_succeeded() override {
    for (int i = 0; i < 1000 && !*outcome_; ++i) pass();
    return *outcome_ && **outcome_ && (**outcome_)->status == 200;
  }
  void stop_replicas() override {
    for (const auto& application : applications_) {
      for (const auto& stream : application->waiting) stream->close();
      application->waiting.clear();
    }
  }
  [[nodiscard]] bool sees_old_processes() const override { return sees_old_processes_; }
  void reload() override { process().reload(); }

 protected:
  // Another release than the system's.
  static HaproxyChoice choice() {
    HaproxyChoice choice;
    if (const auto* program = ::getenv("TEAL_HAPROXY_PROGRAM")) choice.program = program;
    return choice;
  }
  std::string address(std::size_t index) {
    return fmt::format("127.0.0.1:{}", applications_.at(index)->listener->port());
  }
  bool under_way() {
    for (const auto& application : applications_) {
      if (!application->waiting.empty()) return true;
    }
    return false;
  }

  daemon::WallClock clock_;
  std::unique_ptr<ports::LoadBalancer> balancer_;
  std::unique_ptr<ports::LoadBalancer> another_;
  std::unique_ptr<ports::LoadBalancer> dead_;

 private:
  bool sees_old_processes_;
  std::vector<std::shared_ptr<Application>> applications_;
  Outcome outcome_ = std::make_shared<std::optional<Result<http::Response>>>();
};

class HaproxyRig final : public ServingRig {
 public:
  explicit HaproxyRig(bool sees_old_processes) : ServingRig(sees_old_processes) {
    if (!haproxy_slot()) haproxy_slot() = std::make_unique<HaproxyProcess>(choice());
    haproxy::HaproxyOptions options;
    options.socket_path = process().socket();
    if (sees_old_processes) options.master_path = process().master_socket();
    options.clock = &clock_;
    options.spare_slots = 0;
    balancer_ = haproxy::make_haproxy(options);
    another_ = haproxy::make_haproxy(options);
    dead_ = haproxy::make_haproxy({process().socket() + ".gone", nullptr});
  }
  ~HaproxyRig() override { detach_all(); }
  HaproxyProcess& process() override { return *haproxy_slot(); }
};

std::unique_ptr<HaproxyStandIn>& stand_in_slot() {
  static std::unique_ptr<HaproxyStandIn> stand_in;
  return stand_in;
}

class StandInRig final : public ServingRig {
 public:
  StandInRig() : ServingRig(false) {
    if (!stand_in_slot()) stand_in_slot() = std::make_unique<HaproxyStandIn>();
    haproxy::HaproxyOptions options;
    options.socket_path = socket();
    options.clock = &clock_;
    options.spare_slots = 0;
    balancer_ = haproxy::make_haproxy(options);
    another_ = haproxy::make_haproxy(options);
    dead_ = haproxy::make_haproxy({socket() + ".gone", nullptr});
  }
  ~StandInRig() override { detach_all(); }
  HaproxyProcess& process() override { throw std::logic_error("no HAProxy runs here"); }
  std::string backend() override { return "contract"; }
  std::string ask(const std::string& line) override { return run(haproxy::ask(socket(), line, 2s)).value(); }

 private:
  static std::string socket() { return stand_in_slot()->socket(); }
};

// One process with the master's socket, and one without: then it is reloaded by a signal.
struct ManagedHaproxy {
  std::string folder;
  int port = 0;
  std::unique_ptr<HaproxyProcess> process;

  ~ManagedHaproxy() {
    process.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
};

std::map<bool, ManagedHaproxy>& managed_haproxies() {
  static std::map<bool, ManagedHaproxy> all;
  return all;
}

class EdgeRig final : public ServingRig {
 public:
  explicit EdgeRig(bool has_master_socket)
      : ServingRig(has_master_socket), managed_(managed_haproxies()[has_master_socket]) {
    if (managed_.folder.empty()) {
      std::string pattern = "/tmp/teal-edge-XXXXXX";
      managed_.folder = ::mkdtemp(pattern.data());
      managed_.port = free_port();
    }
    balancer_ = edge(managed_.folder);
    another_ = edge(managed_.folder);
    dead_ = edge(managed_.folder + "/gone");
    if (managed_.process) return;
    HaproxyChoice chosen = choice();
    chosen.folder = managed_.folder;
    chosen.port = managed_.port;
    chosen.has_master_socket = has_master_socket;
    managed_.process = std::make_unique<HaproxyProcess>(chosen);
  }
  ~EdgeRig() override { detach_all(); }
  HaproxyProcess& process() override { return *managed_.process; }
  [[nodiscard]] bool keeps_servers() const override { return true; }

 private:
  std::unique_ptr<ports::LoadBalancer> edge(const std::string& folder) {
    haproxy::EdgeOptions options;
    options.place.listen.push_back({"127.0.0.1", managed_.port, false});
    options.place.directory = folder;
    options.clock = &clock_;
    auto made = haproxy::make_edge(std::move(options));
    ports::BackendSpec wanted;
    wanted.name = "contract";
    wanted.routes.emplace_back();
    wanted.health.path = "/check";
    wanted.replicas = 2;
    const auto claimed = run(made->claim("shop", {wanted}));
    if (!claimed) throw std::runtime_error(claimed.error().message);
    return made;
  }

  ManagedHaproxy& managed_;
};

}  // namespace

std::unique_ptr<LoadBalancerRig> make_fake_balancer_rig(bool sees_old_processes) {
  return std::make_unique<FakeRig>(sees_old_processes);
}
std::unique_ptr<LoadBalancerRig> make_haproxy_rig(bool sees_old_processes) {
  return std::make_unique<HaproxyRig>(sees_old_processes);
}
std::unique_ptr<LoadBalancerRig> make_haproxy_stand_in_rig() { return std::make_unique<StandInRig>(); }
std::unique_ptr<LoadBalancerRig> make_edge_rig(bool has_master_socket) {
  return std::make_unique<EdgeRig>(has_master_socket);
}
void stop_haproxy() {
  haproxy_slot().reset();
  stand_in_slot().reset();
  managed_haproxies().clear();
}

}  // namespace teal::test
