#include "daemon/api/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "daemon/api/request_reader.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/wire.hpp"

namespace teal::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

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

Response refusal_of(int status, const std::string& why) {
  if (status == 503) return retry_later_response(status, why);
  const bool is_large = status == 413 || status == 431;
  return failure(status, is_large ? "RequestEntityTooLarge" : "BadRequest", why);
}

// What a client calls its request, where that can stand in a header and a line of the log.
bool is_request_id(std::string_view text) {
  constexpr std::size_t longest = 128;
  return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string request_id(std::string given) {
  if (is_request_id(given)) return given;
  static thread_local std::mt19937_64 numbers{std::random_device{}()};
  return fmt::format("{:016x}", numbers());
}

std::string text_of(const runtime::PeerAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace

Connection::Connection(runtime::StreamPtr stream, Door door, const ApiOptions& options, ConnectionQuota& share,
                       Handling handling)
    : stream_(std::move(stream)),
      door_(std::move(door)),
      options_(options),
      share_(share),
      handling_(std::move(handling)) {}

void Connection::close() { stream_->close(); }

// A stream that has nothing to send ends as it would by itself, so that its client comes again without complaint.
void Connection::give_way() {
  gave_way_ = true;
  stopping_ = true;
  const auto sink = sink_.lock();
  if (sink && doing() == Doing::Idle) return sink->end();
  stream_->close();
}

void Connection::stop() {
  stopping_ = true;
  if (const auto sink = sink_.lock()) return sink->end();
  if (doing() == Doing::Idle) stream_->close();
}

asio::awaitable<bool> Connection::shake_hands() {
  if (!door_.handshake) co_return true;
  const auto raw = stream_;
  asio::steady_timer limit(co_await asio::this_coro::executor, runtime::after(options_.header_timeout));
  limit.async_wait([raw](const boost::system::error_code& error) {
    if (!error) raw->close();
  });
  auto secured = co_await door_.handshake(raw);
  limit.cancel();
  if (!secured || stopping_) co_return false;
  stream_ = std::move(*secured);
  co_return true;
}

asio::awaitable<Connection::Incoming> Connection::receive() {
  Incoming incoming;
  RequestReader reader(stream_, buffer_, options_, *this, share_);
  if (!co_await reader.head()) {
    incoming.refusal = reader.refusal().status;
    incoming.why = std::move(reader.refusal().why);
    co_return incoming;
  }
  incoming.keep_alive = reader.keep_alive();
  incoming.http_1_0 = reader.is_http_1_0();
  Request& request = incoming.request;
  request.method = reader.method();
  request.target = reader.target();
  request.host = lower(reader.field(http::field::host));
  request.origin = lower(reader.field(http::field::origin));
  request.content_type = media_type(reader.field(http::field::content_type));
  request.accept = reader.field(http::field::accept);
  request.accept_encoding = reader.field(http::field::accept_encoding);
  request.if_none_match = reader.field(http::field::if_none_match);
  request.id = request_id(reader.field("X-Request-Id"));
  incoming.id = request.id;
  if (!peer_) peer_ = stream_->peer();
  request.credentials.peer = *peer_;
  request.credentials.authorization = reader.fields(http::field::authorization);
  if (peer_->local) request.local_address = peer_->local->host;
  request.by.from = peer_->remote ? text_of(*peer_->remote) : door_.address;
  const auto hosts = reader.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && !incoming.http_1_0)) {
    incoming.refusal = 400;
    incoming.why = "a request has exactly one Host header";
    co_return incoming;
  }
  if (hosts == 0) request.host = "localhost";  // no browser sends such a request, and nothing can be pretended by it
  request.announces_body = reader.announces_body();
  if (reader.awaits_body()) incoming.refused = handling_.refuse(request);
  if (incoming.refused) co_return incoming;
  incoming.complete = co_await reader.body();
  incoming.refusal = reader.refusal().status;
  incoming.why = std::move(reader.refusal().why);
  request.body = reader.take_body();
  co_return incoming;
}

asio::awaitable<Response> Connection::answer(Incoming& incoming) {
  begins(Doing::Working);
  Response response;
  if (incoming.complete) {
    auto method = incoming.request.method;  // is still needed
    response = co_await handling_.dispatch(std::move(incoming.request));
    incoming.request.method = std::move(method);
  } else if (incoming.refused) {
    response = std::move(*incoming.refused);
  } else {
    response = refusal_of(incoming.refusal, incoming.why);
  }
  if (!incoming.id.empty()) response.headers.emplace_back("X-Request-Id", incoming.id);
  (void)share_.hold_arriving(*this, 0);
  if (!response.stream || share_.begin_stream(*this)) co_return response;
  co_return retry_later_response(
      429, "too many streams (watches and followed logs) are open here, by this client or all together");
}

asio::awaitable<bool> Connection::send(const Incoming& incoming, Response response) {
  begins(Doing::Sending);
  const auto body = response.shared_body ? response.shared_body : shared(std::move(response.body));
  const bool is_head = incoming.request.method == "HEAD";
  Framing framing;
  framing.keep_alive = incoming.complete && incoming.keep_alive && !stopping_;
  framing.length = body->size();
  std::string text = head_of(response, framing);
  const bool is_large = body->size() > 64 * 1024;  // not copied, at the price of one more write
  if (!is_head && !is_large) text += *body;
  if (!is_head) share_.hold_leaving(*this, body);
  const auto deadline = runtime::after(options_.write_timeout);
  auto written = co_await write_in_pieces(stream_, text, deadline);
  if (written && is_large && !is_head) {
    written =
        door_.over_tcp ? co_await write_in_pieces(stream_, *body, deadline) : co_await stream_->write(*body, deadline);
  }
  share_.hold_leaving(*this, nullptr);
  co_return written.has_value() && framing.keep_alive;
}

asio::awaitable<bool> Connection::send_stream(const Incoming& incoming, Response response) {
  begins(Doing::Sending);
  Framing framing;
  framing.chunked = !incoming.http_1_0;
  framing.has_length = false;
  const std::string head = head_of(response, framing);
  const auto written = co_await stream_->write(head, runtime::after(options_.write_timeout));
  if (!written || incoming.request.method == "HEAD") co_return false;
  const auto executor = co_await asio::this_coro::executor;
  const auto sink =
      std::make_shared<ChunkSink>(executor, stream_, *this, share_, options_.write_timeout, framing.chunked);
  sink_ = sink;
  if (stopping_) sink->end();
  begins(Doing::Idle);
  co_await response.stream(sink);
  co_await sink->finish();
  co_return false;
}

// Closing with bytes unread would reset the connection and take the answer away from the client.
asio::awaitable<void> Connection::linger() {
  begins(Doing::Idle);
  stream_->shutdown_send();
  const auto deadline = runtime::after(std::chrono::seconds(1));
  std::array<char, 16384> rest{};
  for (std::size_t discarded = 0; discarded < 4 * max_body;) {
    const auto count = co_await stream_->read_some(rest.data(), rest.size(), deadline);
    if (!count || *count == 0) co_return;
    discarded += *count;
  }
}

asio::awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  bool go_on = co_await self->shake_hands();
  while (go_on && !self->stopping_) {
    self->begins(self->buffer_.empty() ? Doing::Idle : Doing::Receiving);
    auto incoming = co_await self->receive();
    if (!incoming.complete && incoming.refusal == 0 && !incoming.refused) break;
    auto response = co_await self->answer(incoming);
    if (response.stream) {
      go_on = co_await self->send_stream(incoming, std::move(response));
      self->share_.end_stream(*self);
    } else {
      go_on = co_await self->send(incoming, std::move(response));
    }
    if (!go_on && !self->gave_way_) co_await self->linger();
  }
  self->stream_->close();
}

}  // namespace teal::api
