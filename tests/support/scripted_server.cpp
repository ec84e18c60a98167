#include "tests/support/scripted_server.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace teal::test {

namespace asio = boost::asio;

struct ScriptedServer::State {
  explicit State(asio::io_context& its_loop)
      : loop(its_loop), listener(runtime::listen_tcp(its_loop.get_executor(), "127.0.0.1", "0").value()) {}
  asio::io_context& loop;
  runtime::ListenerPtr listener;
  std::deque<Reply> replies;
  std::vector<std::string> requests;
  std::vector<runtime::StreamPtr> open;
  int connections = 0;
};

namespace {

// The head and the body that Content-Length announces; empty when the client has gone.
asio::awaitable<std::string> read_request(runtime::StreamPtr stream) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto end = text.find("\r\n\r\n");
    if (end != std::string::npos) {
      const auto at = text.find("Content-Length: ");
      const auto length = at < end ? std::stoul(text.substr(at + 16)) : 0;
      if (text.size() >= end + 4 + length) co_return text;
    }
    const auto count = co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
    if (!count || *count == 0) co_return std::string{};
    text.append(buffer, *count);
  }
}

template <class State>
asio::awaitable<void> serve(std::shared_ptr<State> state, runtime::StreamPtr stream) {
  for (;;) {
    if (state->replies.empty() || !state->replies.front().deaf) {
      const auto request = co_await read_request(stream);
      if (request.empty()) break;
      state->requests.push_back(request);
    }
    if (state->replies.empty()) break;
    const auto reply = std::move(state->replies.front());
    state->replies.pop_front();
    for (const auto& piece : reply.pieces) {
      if (!co_await stream->write(piece, runtime::no_deadline)) break;
      asio::steady_timer timer{state->loop, reply.pause};
      if (reply.pause.count() > 0) co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (reply.close) break;
  }
  stream->close();
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

ScriptedServer::ScriptedServer(asio::io_context& loop) : state_(std::make_shared<State>(loop)) {
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

ScriptedServer::~ScriptedServer() {
  state_->listener->close();
  close_connections();
}

void ScriptedServer::script(Reply reply) { state_->replies.push_back(std::move(reply)); }

http::Endpoint ScriptedServer::endpoint() const {
  return http::parse_endpoint(fmt::format("http://127.0.0.1:{}", state_->listener->port())).value();
}

const std::vector<std::string>& ScriptedServer::requests() const { return state_->requests; }
int ScriptedServer::connections() const { return state_->connections; }

void ScriptedServer::close_connections() {
  for (const auto& stream : state_->open) stream->close();
  state_->open.clear();
}

std::string ok(std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

}  // namespace teal::test
