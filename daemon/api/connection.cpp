#include "daemon/api/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "daemon/api/status_object.hpp"
#include "daemon/api/wire.hpp"

namespace teal::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;

constexpr std::uint32_t max_header = 16 * 1024;
constexpr std::uint64_t max_body = 1024 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "application/json; charset=utf-8" → "application/json"
std::string media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (!header.empty() && header.back() == ' ') header.remove_suffix(1);
  return lower(header);
}

struct Refusal {
  int status = 400;
  std::string why;
};

Refusal refusal_for(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return {431, "the headers are larger than 16 KiB"};
  if (error == http::error::body_limit) return {413, "the body is larger than 1 MiB"};
  if (error == http::error::bad_version) return {505, "this server speaks HTTP/1.1"};
  return {400, "this is not HTTP: " + error.message()};
}

std::string field(const Parser& parser, http::field name) {
  const auto value = parser.get()[name];
  return {value.data(), value.size()};
}

std::string text_of(const PeerAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace

// Chunks of one answer. The connection outlives it: it is used by the coroutine that serves the connection.
class Connection::ChunkSink final : public Sink {
 public:
  ChunkSink(const asio::any_io_executor& executor, Connection& connection, bool chunked)
      : connection_(connection), timer_(executor), chunked_(chunked) {}

  asio::awaitable<bool> write(std::string data) override {
    if (connection_.stopping_) co_return false;
    const std::string framed = chunked_ ? chunk_of(data) : std::move(data);
    const auto written = co_await connection_.stream_->write(framed, after(connection_.options_.write_timeout));
    co_return written.has_value();
  }

  // A client that has gone is noticed once a second: nobody reads from the stream meanwhile.
  asio::awaitable<bool> wait(Duration longest) override {
    const auto end = after(longest);
    woken_ = false;
    while (!woken_ && !connection_.stopping_ && std::chrono::steady_clock::now() < end) {
      timer_.expires_at(std::min(end, after(std::chrono::seconds(1))));
      (void)co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
      if (!connection_.stream_->quiet()) co_return false;
    }
    co_return !connection_.stopping_;
  }

  void wake() override {
    woken_ = true;
    timer_.cancel();
  }

 private:
  Connection& connection_;
  asio::steady_timer timer_;
  bool chunked_;
  bool woken_ = false;
};

Connection::Connection(StreamPtr stream, Door door, const ApiOptions& options, Dispatch dispatch)
    : stream_(std::move(stream)), door_(std::move(door)), options_(options), dispatch_(std::move(dispatch)) {}

void Connection::close() { stream_->close(); }

void Connection::stop() {
  stopping_ = true;
  if (idle_) stream_->close();
  if (const auto sink = sink_.lock()) sink->wake();
}

asio::awaitable<Connection::Incoming> Connection::receive() {
  Incoming incoming;
  Parser parser;
  parser.eager(true);
  parser.header_limit(max_header);
  parser.body_limit(max_body);
  std::array<char, 16384> piece{};
  Deadline deadline = after(buffer_.empty() ? options_.idle_timeout : options_.header_timeout);
  bool has_begun = !buffer_.empty();
  bool has_header = false;
  for (;;) {
    boost::system::error_code error;
    if (!buffer_.empty()) {
      buffer_.erase(0, parser.put(asio::buffer(buffer_), error));
      if (error && error != http::error::need_more) {
        auto refusal = refusal_for(error);
        incoming.refusal = refusal.status;
        incoming.why = std::move(refusal.why);
        co_return incoming;
      }
      if (parser.is_done()) break;
      if (!has_begun) deadline = after(options_.header_timeout);
      has_begun = true;
    }
    if (parser.is_header_done() && !has_header) {
      has_header = true;
      deadline = after(options_.body_timeout);
      if (lower(field(parser, http::field::expect)) == "100-continue") {
        const auto told = co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n", after(options_.write_timeout));
        if (!told) co_return incoming;
      }
    }
    const auto count = co_await stream_->read_some(piece.data(), piece.size(), deadline);
    if (!count || *count == 0) co_return incoming;
    idle_ = false;
    buffer_.append(piece.data(), *count);
  }
  const auto& message = parser.get();
  incoming.keep_alive = message.keep_alive();
  incoming.http_1_0 = message.version() == 10;
  const auto method = message.method_string();
  const auto target = message.target();
  Request& request = incoming.request;
  request.method.assign(method.data(), method.size());
  request.target.assign(target.data(), target.size());
  request.host = lower(field(parser, http::field::host));
  request.origin = lower(field(parser, http::field::origin));
  request.content_type = media_type(field(parser, http::field::content_type));
  request.accept = field(parser, http::field::accept);
  if (!peer_) peer_ = stream_->peer();
  request.credentials.peer = *peer_;
  const auto shown = message.equal_range(http::field::authorization);
  for (auto at = shown.first; at != shown.second; ++at) {
    request.credentials.authorization.emplace_back(at->value().data(), at->value().size());
  }
  if (peer_->local) request.local_address = peer_->local->host;
  request.by.from = peer_->remote ? text_of(*peer_->remote) : door_.address;
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && !incoming.http_1_0)) {
    incoming.refusal = 400;
    incoming.why = "a request has exactly one Host header";
    co_return incoming;
  }
  if (hosts == 0) request.host = "localhost";  // no browser sends such a request, and nothing can be pretended by it
  request.body = std::move(parser.get().body());
  incoming.complete = true;
  co_return incoming;
}

asio::awaitable<bool> Connection::send(const Incoming& incoming, Response response) {
  const bool is_head = incoming.request.method == "HEAD";
  Framing framing;
  framing.keep_alive = incoming.complete && incoming.keep_alive && !stopping_;
  std::string text = head_of(response, framing);
  const bool is_large = response.body.size() > 64 * 1024;  // not copied, at the price of one more write
  if (!is_head && !is_large) text += response.body;
  auto written = co_await stream_->write(text, after(options_.write_timeout));
  if (written && is_large && !is_head) {
    written = co_await stream_->write(response.body, after(options_.write_timeout));
  }
  co_return written.has_value() && framing.keep_alive;
}

asio::awaitable<bool> Connection::send_stream(const Incoming& incoming, Response response) {
  Framing framing;
  framing.chunked = !incoming.http_1_0;
  framing.has_length = false;
  const bool is_head = incoming.request.method == "HEAD";
  const std::string head = head_of(response, framing);
  const auto written = co_await stream_->write(head, after(options_.write_timeout));
  if (!written || is_head) co_return false;
  const auto executor = co_await asio::this_coro::executor;
  const auto sink = std::make_shared<ChunkSink>(executor, *this, framing.chunked);
  sink_ = sink;
  co_await response.stream(sink);
  // The end of the chunks tells a whole stream from a broken connection.
  if (framing.chunked) (void)co_await stream_->write("0\r\n\r\n", after(std::chrono::seconds(1)));
  co_return false;
}

// Closing with bytes unread would reset the connection and take the answer away from the client.
asio::awaitable<void> Connection::linger() {
  stream_->shutdown_send();
  const auto deadline = after(std::chrono::seconds(1));
  std::array<char, 16384> rest{};
  for (std::size_t discarded = 0; discarded < 4 * max_body;) {
    const auto count = co_await stream_->read_some(rest.data(), rest.size(), deadline);
    if (!count || *count == 0) co_return;
    discarded += *count;
  }
}

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  for (bool go_on = true; go_on && !self->stopping_;) {
    self->idle_ = self->buffer_.empty();
    self->idle_since_ = std::chrono::steady_clock::now();
    auto incoming = co_await self->receive();
    self->idle_ = false;
    if (!incoming.complete && incoming.refusal == 0) break;
    Response response;
    if (incoming.complete) {
      auto request = incoming.request;
      request.body = std::move(incoming.request.body);
      response = co_await self->dispatch_(std::move(request));
    } else {
      const bool is_large = incoming.refusal == 413 || incoming.refusal == 431;
      response = failure(incoming.refusal, is_large ? "RequestEntityTooLarge" : "BadRequest", incoming.why);
    }
    if (response.stream) {
      go_on = co_await self->send_stream(incoming, std::move(response));
    } else {
      go_on = co_await self->send(incoming, std::move(response));
    }
    if (!go_on) co_await self->linger();
  }
  self->stream_->close();
}

}  // namespace teal::api
