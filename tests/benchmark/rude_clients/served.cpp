#include "tests/benchmark/rude_clients/served.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "daemon/access/gate.hpp"
#include "daemon/api/server.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::benchmark {
namespace {

namespace asio = boost::asio;

class QuietControl final : public requests::Control {
 public:
  asio::awaitable<Result<objects::Plan>> plan(std::string, std::optional<spec::Application>, bool) override {
    co_return objects::Plan{};
  }
  asio::awaitable<Result<void>> request(std::string, records::VerbRequest) override { co_return Result<void>{}; }
  asio::awaitable<Result<void>> apply(spec::Application, records::Requester, bool) override {
    co_return Result<void>{};
  }
  asio::awaitable<Result<void>> remove(std::string, records::Requester) override { co_return Result<void>{}; }
  asio::awaitable<Result<std::string>> live_log(std::string, std::string) override {
    co_return std::string(256 * 1024, 'x') + "\n";
  }
  requests::DaemonReadiness readiness() const override { return {true, {}}; }
};

status::ApplicationView view_of(const std::string& name, int change) {
  status::ApplicationView view;
  view.record.application.name = name;
  view.record.application.spec.version = "1.4.2";
  view.record.application.spec.image = "registry.example/" + name;
  view.status.message = fmt::format("all is well, for the {}th time", change);
  for (const auto* part : {"api", "worker"}) {
    spec::Component component;
    component.name = part;
    view.record.application.spec.components.push_back(component);
    objects::ComponentStatus status{part, 2, 2, {}};
    for (int i = 0; i < 2; ++i) {
      status.replicas.push_back({fmt::format("teal-{}-{}-r7-{}", name, part, i), 7, "Running", "127.0.0.1:49153",
                                 "healthy: 200", "Up", 4, "ready"});
    }
    view.status.components.push_back(status);
  }
  return view;
}

records::RolloutRecord followed_rollout() {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 1;
  record.course.target.application = view_of("shop", 0).record.application;
  return record;
}

asio::awaitable<void> keep_changing(status::Board& board, int applications) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  for (int i = 0;; ++i) {
    board.publish(view_of(fmt::format("app-{}", i % applications), i + 2));
    timer.expires_after(std::chrono::milliseconds{50});
    co_await timer.async_wait(asio::use_awaitable);
  }
}

[[noreturn]] void serve(const std::string& socket, int applications, int answer) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  asio::io_context loop{1};
  status::Board board{1000};
  QuietControl control;
  test::FakeStore store;
  runtime::Metrics metrics;
  runtime::Log log{runtime::LogFormat::Text, runtime::LogLevel::Error};
  for (int i = 0; i < applications; ++i) board.publish(view_of(fmt::format("app-{}", i), 1));
  auto shop = view_of("shop", 0);
  shop.rollout = followed_rollout();
  board.publish(shop);
  asio::co_spawn(loop, store.commit(followed_rollout(), {}), asio::detached);
  api::ApiOptions options;
  options.listen = {"unix:" + socket, "127.0.0.1:0"};
  const access::Tokens tokens;
  const test::SetClock clock;
  const access::Gate gate{{}, tokens, clock};
  api::ApiServer server{loop.get_executor(), options, board, control, store, metrics, gate, log};
  const int port = server.listen() ? server.port(1) : 0;
  if (::write(answer, &port, sizeof port) != sizeof port || port == 0) ::_exit(1);
  asio::co_spawn(loop, server.run(), asio::detached);
  asio::co_spawn(loop, keep_changing(board, applications), asio::detached);
  loop.run();
  ::_exit(0);
}

}  // namespace

Served::Served(int applications) {
  std::string pattern = (std::filesystem::temp_directory_path() / "teal-rude-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  socket_ = folder_ + "/teal.sock";
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) serve(socket_, applications, ends[1]);
  ::close(ends[1]);
  const bool answered = ::read(ends[0], &port_, sizeof port_) == sizeof port_ && port_ != 0;
  ::close(ends[0]);
  if (!answered) throw std::runtime_error("the server did not start");
}

Served::~Served() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  std::filesystem::remove_all(folder_);
}

double Served::resident() const { return memory("VmRSS:"); }
double Served::most_resident() const { return memory("VmHWM:"); }

double Served::memory(const std::string& field) const {
  std::ifstream status{fmt::format("/proc/{}/status", pid_)};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::stod(line.substr(field.size())) / 1024;
  }
  return 0;
}

}  // namespace teal::benchmark
