#include "tests/unit/daemon/health_monitor_server.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <list>
#include <utility>

#include "daemon/runtime/stream.hpp"

namespace teal::test {

namespace asio = boost::asio;

struct HealthServer::State {
  State(asio::io_context& its_loop, const std::string& port)
      : loop(its_loop), listener(runtime::listen_tcp(its_loop.get_executor(), "127.0.0.1", port).value()) {}
  asio::io_context& loop;
  runtime::ListenerPtr listener;
  std::string bytes = response(200, "");
  bool stays = false;
  std::vector<std::string> requests;
  std::vector<std::chrono::steady_clock::time_point> times;
  std::list<runtime::StreamPtr> open;
  int connections = 0;
};

namespace {

template <class State>
asio::awaitable<void> serve(std::shared_ptr<State> state, runtime::StreamPtr stream) {
  std::string request;
  char buffer[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const auto count = co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
    if (!count || *count == 0) break;
    request.append(buffer, *count);
  }
  state->requests.push_back(request);
  state->times.push_back(std::chrono::steady_clock::now());
  if (!state->bytes.empty()) {
    const auto bytes = state->bytes;
    const bool stays = state->stays;
    (void)co_await stream->write(bytes, runtime::no_deadline);
    if (!stays) stream->close();
  }
  // Silent or not, the other side decides when it has enough.
  (void)co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
  state->open.remove(stream);
}

template <class State>
asio::awaitable<void> accept_all(std::shared_ptr<State> state) {
  for (;;) {
    auto stream = co_await state->listener->accept();
    if (!stream) co_return;
    ++state->connections;
    state->open.push_back(*stream);
    asio::co_spawn(state->loop, serve(state, *stream), asio::detached);
  }
}

}  // namespace

HealthServer::HealthServer(asio::io_context& loop, const std::string& port)
    : state_(std::make_shared<State>(loop, port)) {
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

HealthServer::~HealthServer() {
  state_->listener->close();
  for (const auto& stream : std::exchange(state_->open, {})) stream->close();
}

void HealthServer::answer(std::string bytes) {
  state_->bytes = std::move(bytes);
  state_->stays = false;
}
void HealthServer::answer_and_stay(std::string bytes) {
  state_->bytes = std::move(bytes);
  state_->stays = true;
}
std::string HealthServer::address() const { return fmt::format("127.0.0.1:{}", state_->listener->port()); }
const std::vector<std::string>& HealthServer::requests() const { return state_->requests; }
const std::vector<std::chrono::steady_clock::time_point>& HealthServer::times() const { return state_->times; }
int HealthServer::connections() const { return state_->connections; }

std::string HealthServer::response(int status, const std::string& body) {
  return fmt::format("HTTP/1.1 {} Whatever\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

}  // namespace teal::test
