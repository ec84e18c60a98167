#include "tests/support/handler_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <set>

#include "daemon/runtime/stream.hpp"

namespace teal::test {

namespace asio = boost::asio;

struct HandlerServer::State {
  State(asio::io_context& its_loop, Handler its_handler)
      : loop(its_loop),
        handler(std::move(its_handler)),
        listener(runtime::listen_tcp(its_loop.get_executor(), "127.0.0.1", "0").value()) {}
  asio::io_context& loop;
  Handler handler;
  runtime::ListenerPtr listener;
  std::set<runtime::StreamPtr> open;
};

namespace {

void read_head(std::string_view head, Asked& asked) {
  const auto line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  asked.method = line.substr(0, first);
  asked.target = line.substr(first + 1, last - first - 1);
  head.remove_prefix(std::min(line.size() + 2, head.size()));
  while (!head.empty()) {
    const auto end = std::min(head.find("\r\n"), head.size());
    const auto field = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const auto colon = field.find(':');
    if (colon == field.npos) continue;
    std::string name{field.substr(0, colon)};
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    auto value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    auto& stored = asked.headers[name];
    stored += (stored.empty() ? "" : ",") + std::string{value};
  }
}

asio::awaitable<std::optional<Asked>> read_request(runtime::StreamPtr stream, std::string& text) {
  char buffer[8192];
  for (;;) {
    if (const auto end = text.find("\r\n\r\n"); end != text.npos) {
      Asked asked;
      read_head(std::string_view{text}.substr(0, end), asked);
      const auto length = asked.header("content-length");
      const auto size = length.empty() ? 0 : std::stoul(length);
      if (text.size() >= end + 4 + size) {
        asked.body = text.substr(end + 4, size);
        text.erase(0, end + 4 + size);
        co_return asked;
      }
    }
    const auto count = co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
    if (!count || *count == 0) co_return std::nullopt;
    text.append(buffer, *count);
  }
}

template <class State>
asio::awaitable<void> serve(std::shared_ptr<State> state, runtime::StreamPtr stream) {
  std::string text;
  for (;;) {
    auto asked = co_await read_request(stream, text);
    if (!asked) break;
    const bool is_head = asked->method == "HEAD";
    const auto said = co_await state->handler(std::move(*asked));
    auto answer = fmt::format("HTTP/1.1 {} X\r\n", said.status);
    bool has_length = false;
    for (const auto& [name, value] : said.headers) {
      has_length = has_length || name == "Content-Length";
      answer += fmt::format("{}: {}\r\n", name, value);
    }
    if (!has_length) answer += fmt::format("Content-Length: {}\r\n", said.body.size());
    answer += "\r\n";
    if (!is_head) answer += said.cut ? said.body.substr(0, said.body.size() / 2) : said.body;
    if (!co_await stream->write(answer, runtime::no_deadline) || said.cut) break;
  }
  stream->close();
  state->open.erase(stream);
}

template <class State>
asio::awaitable<void> accept_all(std::shared_ptr<State> state) {
  for (;;) {
    auto stream = co_await state->listener->accept();
    if (!stream) co_return;
    state->open.insert(*stream);
    asio::co_spawn(state->loop, serve(state, *stream), asio::detached);
  }
}

}  // namespace

HandlerServer::HandlerServer(asio::io_context& loop, Handler handler)
    : state_(std::make_shared<State>(loop, std::move(handler))) {
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

HandlerServer::~HandlerServer() {
  state_->listener->close();
  const auto open = state_->open;
  for (const auto& stream : open) stream->close();
}

int HandlerServer::port() const { return state_->listener->port(); }

}  // namespace teal::test
