#include "tests/unit/api/api_fixture.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <cstring>
#include <future>

namespace teal::test {

namespace asio = boost::asio;

asio::awaitable<Result<objects::Plan>> FakeControl::plan(std::string, std::optional<spec::Application> wanted,
                                                         bool may_look) {
  looked = may_look;
  candidate = std::move(wanted);
  if (error) co_return *error;
  co_return planned;
}

asio::awaitable<Result<void>> FakeControl::request(std::string, records::VerbRequest request) {
  asked = std::move(request);
  if (error) co_return *error;
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeControl::apply(spec::Application application, records::Requester who, bool dry) {
  by = std::move(who);
  applied = std::move(application);
  dry_run = dry;
  if (error) co_return *error;
  co_return Result<void>{};
}

asio::awaitable<Result<void>> FakeControl::remove(std::string name, records::Requester who) {
  by = std::move(who);
  removed = std::move(name);
  if (error) co_return *error;
  co_return Result<void>{};
}

asio::awaitable<Result<std::vector<plan::DatabasePreflight>>> FakeControl::preflight(std::string) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, preflight_takes};
  co_await timer.async_wait(boost::asio::use_awaitable);
  co_return preflights;
}

asio::awaitable<Result<std::string>> FakeControl::live_log(std::string, std::string container) {
  ++live_logs;
  if (live_log_takes > Duration::zero()) {
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, live_log_takes};
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  if (error) co_return *error;
  const auto found = live.find(container);
  if (found == live.end()) co_return Error{ErrorCode::not_found, "no such container"};
  co_return found->second;
}

Socket::Socket(const std::string& path) : file_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  EXPECT_EQ(::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
}

Socket::Socket(int port) : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
}

Socket::~Socket() { ::close(file_); }

void Socket::send(const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t count = ::send(file_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;  // the server has hung up: what it said can still be read
    sent += static_cast<std::size_t>(count);
  }
}

void Socket::finish_sending() { ::shutdown(file_, SHUT_WR); }

std::string Socket::read_until(const std::string& end) {
  for (;;) {
    const auto found = end.empty() ? std::string::npos : buffer_.find(end);
    if (found != std::string::npos) {
      std::string text = buffer_.substr(0, found + end.size());
      buffer_.erase(0, found + end.size());
      return text;
    }
    pollfd waiting{file_, POLLIN, 0};
    char piece[65536];
    const ssize_t count = ::poll(&waiting, 1, 5000) == 1 ? ::recv(file_, piece, sizeof piece, 0) : -1;
    if (count <= 0) return std::exchange(buffer_, {});
    buffer_.append(piece, static_cast<std::size_t>(count));
  }
}

std::string Socket::read_all() { return read_until(""); }

bool Socket::closed(int milliseconds) {
  pollfd waiting{file_, POLLIN, 0};
  char byte = 0;
  return ::poll(&waiting, 1, milliseconds) == 1 && ::recv(file_, &byte, 1, MSG_PEEK) <= 0;
}

boost::json::value Answer::json() const {
  boost::system::error_code error;
  auto value = boost::json::parse(body, error);
  EXPECT_FALSE(error) << body;
  return value;
}

std::string Answer::message() const {
  const auto value = json();
  if (!value.is_object() || !value.as_object().contains("message")) return {};
  return std::string(value.as_object().at("message").as_string());
}

Answer parse_answer(const std::string& text) {
  Answer answer;
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos || !text.starts_with("HTTP/1.1 ")) return answer;
  answer.head = text.substr(0, end + 2);
  answer.body = text.substr(end + 4);
  answer.status = std::stoi(text.substr(9, 3));
  return answer;
}

void ApiTest::SetUp() {
  std::string pattern = (std::filesystem::temp_directory_path() / "teal-api-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  socket_ = folder_ / "teal.sock";
  options_.listen = {"unix:" + socket_, "127.0.0.1:0"};
  options_.event_check_interval = std::chrono::milliseconds(10);
}

void ApiTest::start() {
  log_ = std::make_unique<runtime::Log>(runtime::LogFormat::Text, runtime::LogLevel::Error);
  gate_ = std::make_unique<access::Gate>(gate_options_, tokens_, clock_);
  server_ = std::make_unique<api::ApiServer>(loop_.get_executor(), options_, board_, control_, store_, metrics_, *gate_,
                                             *log_);
  const auto listening = server_->listen();
  ASSERT_TRUE(listening) << listening.error().message;
  port_ = server_->port(1);
  asio::co_spawn(loop_, server_->run(), asio::detached);
  thread_ = std::thread([this] { loop_.run(); });
}

void ApiTest::TearDown() {
  if (thread_.joinable()) {
    asio::post(loop_, [this] { server_->stop(); });
    thread_.join();
  }
  server_.reset();
  std::filesystem::remove_all(folder_);
}

void ApiTest::on_loop(std::function<void()> work) {
  std::promise<void> done;
  asio::post(loop_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

namespace {

std::string request_text(const std::string& method, const std::string& target, const std::string& host,
                         const std::string& body, const std::string& content_type, const std::string& more_headers) {
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}", method, target, host, more_headers);
  if (!body.empty()) text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", content_type, body.size());
  return text + "\r\n" + body;
}

}  // namespace

Answer ApiTest::call(const std::string& method, const std::string& target, const std::string& body,
                     const std::string& content_type, const std::string& more_headers, const std::string& host) {
  Socket socket(socket_);
  socket.send(request_text(method, target, host, body, content_type, more_headers));
  return parse_answer(socket.read_all());
}

Answer ApiTest::call_tcp(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& host, const std::string& more_headers) {
  Socket socket(port_);
  socket.send(request_text(method, target, host, body, "application/json", more_headers));
  return parse_answer(socket.read_all());
}

void ApiTest::publish(const std::string& name, const std::string& message, const std::string& file) {
  publish(sample_application(name), message, file);
}

void ApiTest::publish(spec::Application application, const std::string& message, const std::string& file) {
  const auto name = application.name;
  status::ApplicationView view;
  view.record.application = std::move(application);
  view.record.uid = "uid-" + name;
  view.record.generation = 3;
  view.record.file = file;
  view.record.created_at = Time{Duration{1700000000123}};
  view.status.observed_generation = 3;
  view.status.phase = "Healthy";
  view.status.message = message;
  view.status.active_version = "1.0.0";
  view.status.active_revision = 7;
  view.status.rollout = name + "-7";
  view.status.conditions = {
      {"Ready", "True", spec::Reason::named("AllReady"), "2 of 2", Time{Duration{1700000000456}}}};
  objects::ComponentStatus component{"api", 2, 1, {}};
  component.replicas = {
      {"teal-" + name + "-api-r7-0", 7, "Running", "127.0.0.1:49153", "healthy: 200", "Up", 4, "ready"}};
  view.status.components = {component};
  on_loop([&] { board_.publish(view); });
}

void ApiTest::commit(records::RolloutRecord record) {
  std::promise<bool> done;
  asio::co_spawn(
      loop_, store_.commit(std::move(record), {}),
      [&](const std::exception_ptr&, const Result<std::uint64_t>& result) { done.set_value(result.has_value()); });
  ASSERT_TRUE(done.get_future().get());
}

spec::Application sample_application(const std::string& name, const std::string& version) {
  spec::Application application;
  application.name = name;
  application.labels = {{"team", "learning"}};
  application.spec.version = version;
  application.spec.image = "registry.example/shop";
  spec::Component api;
  api.name = "api";
  application.spec.components.push_back(api);
  return application;
}

records::RolloutRecord sample_rollout(const std::string& name, int revision) {
  records::RolloutRecord record;
  record.application = name;
  record.generation = 3;
  record.course.target.number = revision;
  record.course.target.application = sample_application(name, "1.0." + std::to_string(revision));
  record.course.target.image_digest = "sha256:abc";
  record.course.from_version = "1.0.0";
  record.standing.phase = spec::Phase::Migrating;
  record.outcome.reason = spec::Reason::named("MigrationRunning");
  record.outcome.message = "waiting for job default";
  record.started_at = Time{Duration{1700000000000 + revision * 1000}};
  record.standing.phases = {{spec::Phase::Pending, record.started_at, record.started_at},
                            {spec::Phase::Migrating, record.started_at, {}}};
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Failed;
  job.attempts = 2;
  job.exit_code = 3;
  record.jobs = {job};
  record.traffic.probes = 120;
  record.traffic.failed = 1;
  return record;
}

}  // namespace teal::test
