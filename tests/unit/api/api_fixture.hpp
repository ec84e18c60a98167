// A server on a thread of its own, with a fake store and a fake control behind it; tests talk to it over real sockets.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "controllers/ports/clock.hpp"
#include "controllers/status/board.hpp"
#include "daemon/access/gate.hpp"
#include "daemon/api/server.hpp"
#include "tests/support/fake_store.hpp"

namespace teal::test {

class ManualClock final : public ports::Clock {
 public:
  Time at{Duration{1700000000000}};
  Time now() const override { return at; }
};

// Answers what the test has put there, and remembers what it was asked. Touched on the server's thread only.
class FakeControl final : public requests::Control {
 public:
  objects::Plan planned;
  std::optional<Error> error;  // what every call answers when set
  requests::DaemonReadiness ready{true, {}};
  std::map<std::string, std::string> live;  // container → log
  int live_logs = 0;                        // how often one was asked for
  Duration live_log_takes{};
  Duration preflight_takes{};
  std::vector<plan::DatabasePreflight> preflights;  // what one finds
  std::optional<spec::Application> candidate;
  std::optional<records::VerbRequest> asked;
  bool looked = false;    // whether the newest plan might look at sources and databases
  records::Requester by;  // of the newest change
  std::optional<spec::Application> applied;
  bool dry_run = false;
  std::string removed;

  boost::asio::awaitable<Result<objects::Plan>> plan(std::string name, std::optional<spec::Application> wanted,
                                                     bool may_look) override;
  boost::asio::awaitable<Result<void>> request(std::string name, records::VerbRequest request) override;
  boost::asio::awaitable<Result<void>> apply(spec::Application application, records::Requester by, bool dry) override;
  boost::asio::awaitable<Result<void>> remove(std::string name, records::Requester by) override;
  boost::asio::awaitable<Result<std::vector<plan::DatabasePreflight>>> preflight(std::string name) override;
  boost::asio::awaitable<Result<std::string>> live_log(std::string application, std::string container) override;
  requests::DaemonReadiness readiness() const override { return ready; }
  requests::Releases known;
  boost::asio::awaitable<requests::Releases> releases() override { co_return known; }
  rules::Places named;
  rules::Places places() const override { return named; }
};

// A client's socket: blocking, with a timeout of five seconds.
class Socket {
 public:
  explicit Socket(const std::string& path);
  explicit Socket(int port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(const std::string& text);
  void finish_sending();
  // Up to and with `end`; what there was when the server closes or five seconds pass.
  std::string read_until(const std::string& end);
  std::string read_all();
  // Whether the server has closed, or does so within the time.
  bool closed(int milliseconds = 5000);

 private:
  int file_ = -1;
  std::string buffer_;
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] boost::json::value json() const;
  [[nodiscard]] std::string message() const;  // of a Status object
};

[[nodiscard]] Answer parse_answer(const std::string& text);

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  void start();
  // Runs on the server's thread, and waits for it.
  void on_loop(std::function<void()> work);

  // One request on a connection of its own.
  Answer call(const std::string& method, const std::string& target, const std::string& body = "",
              const std::string& content_type = "application/json", const std::string& more_headers = "",
              const std::string& host = "teal");
  Answer call_tcp(const std::string& method, const std::string& target, const std::string& body = "",
                  const std::string& host = "localhost", const std::string& more_headers = "");
  Answer get(const std::string& target) { return call("GET", target); }

  void publish(const std::string& name, const std::string& message = "all is well", const std::string& file = "");
  void publish(spec::Application application, const std::string& message = "all is well", const std::string& file = "");
  void commit(records::RolloutRecord record);

  api::ApiOptions options_;
  std::filesystem::path folder_;
  std::string socket_;
  boost::asio::io_context loop_;
  status::Board board_{1000};
  FakeControl control_;
  FakeStore store_;
  runtime::Metrics metrics_;
  access::GateOptions gate_options_;
  access::Tokens tokens_;
  ManualClock clock_;
  std::unique_ptr<access::Gate> gate_;
  std::unique_ptr<runtime::Log> log_;
  std::unique_ptr<api::ApiServer> server_;
  std::thread thread_;
  int port_ = 0;
};

[[nodiscard]] spec::Application sample_application(const std::string& name, const std::string& version = "1.0.0");
[[nodiscard]] records::RolloutRecord sample_rollout(const std::string& name, int revision);

}  // namespace teal::test
