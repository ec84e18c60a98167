#include "daemon/http/http_client_exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <utility>

#include "daemon/http/http_client_head.hpp"

namespace teal::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using boost::system::error_code;
using Parser = beast_http::response_parser<beast_http::buffer_body>;

constexpr std::size_t piece_size = 16 << 10;
constexpr std::uint32_t max_header = 64 << 10;
constexpr int max_interim_answers = 8;

// What is read of a body that nobody needs, and for how long: most are short and there already, and their senders
// should not see a connection that breaks.
constexpr std::size_t most_beside = 256 << 10;
constexpr Duration patience = std::chrono::milliseconds{50};

// What arrived and is not parsed yet; the parser of one answer, interim answers (1xx) included.
class Reader {
 public:
  Reader(runtime::StreamPtr stream, bool head, Limits limits, OnData on_data, OnOpen on_open)
      : stream_(std::move(stream)),
        head_(head),
        limits_(limits),
        on_data_(std::move(on_data)),
        on_open_(std::move(on_open)) {}

  asio::awaitable<Exchange> run() {
    Exchange result;
    auto failed = co_await read_headers();
    result.answered = answered_;
    if (failed && status_ >= 200) {  // only where the head is read leniently
      response_.status = status_;
      response_.whole = false;
      result.response = std::move(response_);
      co_return result;
    }
    if (failed) {
      result.response = std::move(*failed);
      co_return result;
    }
    if (on_open_ && response_.status < 400) on_open_();
    if (limits_.wanted) {
      co_await read_beginning();
    } else {
      failed = co_await read_body();
    }
    if (failed) {
      result.response = std::move(*failed);
      co_return result;
    }
    result.reusable = parser_->is_done() && parser_->keep_alive() && pending_.empty();
    result.response = std::move(response_);
    co_return result;
  }

 private:
  using Failure = std::optional<Error>;

  void renew() {
    parser_.emplace();
    parser_->header_limit(max_header);
    parser_->body_limit(boost::none);  // counted by ourselves, since a streamed body has no limit
    parser_->skip(head_);
  }

  asio::awaitable<Failure> read_headers() {
    for (int answers = 0; answers < max_interim_answers; ++answers) {
      renew();
      if (limits_.wanted) {
        auto failed = co_await straighten();
        if (failed) co_return failed;
      }
      while (!parser_->is_header_done()) {
        auto failed = co_await step(limits_.headers);
        if (failed) co_return failed;
      }
      const auto status = parser_->get().result_int();
      if (status >= 200 || status == 101) {
        keep_headers();
        co_return Failure{};
      }
    }
    co_return Error{ErrorCode::invalid, "only interim answers (1xx) came"};
  }

  // Puts the head straight before the parser sees it; what is no head is left for the parser to say so.
  asio::awaitable<Failure> straighten() {
    while (begins_as_http(pending_)) {
      auto end = head_end(pending_);
      if (!end) {
        if (pending_.size() > max_header) break;  // the parser says so
        const auto held = pending_.size();
        auto failed = co_await receive(limits_.headers);
        if (failed) co_return failed;
        if (pending_.size() > held) continue;
        if (held == 0) co_return ended();
        end = held;  // the connection ends with the head
      }
      auto straight = straightened(std::string_view{pending_}.substr(0, *end));
      if (!straight) break;
      status_ = straight->status;
      pending_.replace(0, *end, straight->text);
      break;
    }
    starved_ = pending_.empty();
    co_return Failure{};
  }

  // Whatever goes wrong from here on, there is an answer.
  asio::awaitable<void> read_beginning() {
    const auto wanted = limits_.wanted(response_.status);
    const auto polite = std::min(limits_.body, runtime::after(patience));
    std::size_t count = 0;
    while (!parser_->is_done()) {
      const bool is_needed = response_.body.size() < wanted;
      if (!is_needed && count >= most_beside) break;
      auto& body = parser_->get().body();
      body.data = piece_.data();
      body.size = piece_.size();
      body.more = true;
      auto failed = co_await step(is_needed ? limits_.body : polite);
      const std::string_view piece{piece_.data(), piece_.size() - parser_->get().body().size};
      count += piece.size();
      response_.body += piece.substr(0, wanted - response_.body.size());
      if (failed) break;
    }
    response_.whole = parser_->is_done() && count == response_.body.size();
  }

  void keep_headers() {
    const auto& message = parser_->get();
    response_.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
      response_.headers.emplace_back(std::string{field.name_string()}, std::string{field.value()});
    }
  }

  asio::awaitable<Failure> read_body() {
    const bool collect = !on_data_ || response_.status >= 400;
    if (const auto length = parser_->content_length(); collect && length && *length > limits_.max_body && !head_) {
      co_return too_large();
    }
    while (!parser_->is_done()) {
      auto& body = parser_->get().body();
      body.data = piece_.data();
      body.size = piece_.size();
      body.more = true;
      const auto idle = limits_.idle ? limits_.idle() : Duration{0};
      auto failed = co_await step(idle.count() > 0 ? std::min(runtime::after(idle), limits_.body) : limits_.body);
      const std::string_view piece{piece_.data(), piece_.size() - parser_->get().body().size};
      if (collect) {
        if (response_.body.size() + piece.size() > limits_.max_body) co_return too_large();
        response_.body += piece;
      } else if (!piece.empty() && !on_data_(piece)) {
        co_return Failure{};
      }
      if (failed) co_return failed;
    }
    co_return Failure{};
  }

  // Feeds the parser what there is, or reads more when it can do nothing with that.
  asio::awaitable<Failure> step(runtime::Deadline deadline) {
    if (!starved_) {
      error_code error;
      pending_.erase(0, parser_->put(asio::buffer(pending_), error));
      if (error == beast_http::error::need_buffer) error = {};
      if (error == beast_http::error::need_more || (!error && pending_.empty())) {
        error = {};
        starved_ = true;
      }
      if (error) co_return malformed(error);
      co_return Failure{};
    }
    const auto held = pending_.size();
    auto failed = co_await receive(deadline);
    if (failed) co_return failed;
    if (pending_.size() == held) co_return ended();
    starved_ = false;
    co_return Failure{};
  }

  // Adds what comes to what is not parsed yet; nothing: the connection has ended. Its end is read once: whoever reads
  // again may wait for ever, since the kernel tells of it once.
  asio::awaitable<Failure> receive(runtime::Deadline deadline) {
    if (has_ended_) co_return Failure{};
    const auto held = pending_.size();
    pending_.resize(held + piece_size);
    const auto count = co_await stream_->read_some(pending_.data() + held, piece_size, deadline);
    pending_.resize(held + (count ? *count : 0));
    if (!count) co_return count.error();
    answered_ = answered_ || *count > 0;
    has_ended_ = *count == 0;
    co_return Failure{};
  }

  // A body without a length ends with the connection; anything else that ends so is cut short.
  Failure ended() {
    if (!answered_) return Error{ErrorCode::unavailable, "the connection was closed before an answer came"};
    // After an interim answer the parser is a new one, which may not be told of an end before it got anything.
    if (!parser_->got_some()) return Error{ErrorCode::unavailable, "the connection was closed after an interim answer"};
    error_code error;
    parser_->put_eof(error);
    if (!error && parser_->is_done()) return std::nullopt;
    return Error{ErrorCode::unavailable, "the connection was closed in the middle of the answer"};
  }

  static Error malformed(const error_code& error) {
    if (error == beast_http::error::header_limit) {
      return {ErrorCode::invalid, fmt::format("the answer's headers are larger than {} bytes", max_header)};
    }
    return {ErrorCode::invalid, fmt::format("the answer is not HTTP: {}", error.message())};
  }

  [[nodiscard]] Error too_large() const {
    return {ErrorCode::invalid, fmt::format("the answer is larger than {} bytes", limits_.max_body)};
  }

  runtime::StreamPtr stream_;
  bool head_;
  Limits limits_;
  OnData on_data_;
  OnOpen on_open_;
  std::optional<Parser> parser_;
  std::string pending_;
  std::array<char, piece_size> piece_;
  Response response_;
  int status_ = 0;  // of a head that was put straight
  bool starved_ = true;
  bool answered_ = false;
  bool has_ended_ = false;
};

}  // namespace

Result<std::string> serialize(const Request& request, const Endpoint& endpoint) {
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!is_token(request.method)) return Error{ErrorCode::invalid, "the HTTP method is malformed"};
  if (!request.target.starts_with('/') || !std::all_of(request.target.begin(), request.target.end(), visible)) {
    return Error{ErrorCode::invalid, "the HTTP target must begin with / and be percent-encoded"};
  }
  auto wire = fmt::format("{} {}{} HTTP/1.1\r\n", request.method, endpoint.base, request.target);
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (find_header(request.headers, name).empty()) wire += fmt::format("{}: {}\r\n", name, value);
  };
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  add_default("Host", endpoint.unix_socket
                          ? "localhost"
                          : fmt::format("{}{}{}:{}", ipv6 ? "[" : "", endpoint.host, ipv6 ? "]" : "", endpoint.port));
  add_default("User-Agent", "teal");
  add_default("Accept", "*/*");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) {
      return Error{ErrorCode::invalid, fmt::format("the HTTP header {} is malformed", name.substr(0, 40))};
    }
    wire += fmt::format("{}: {}\r\n", name, value);
  }
  const bool wants_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || wants_body) wire += fmt::format("Content-Length: {}\r\n", request.body.size());
  wire += "\r\n";
  wire += request.body;
  return wire;
}

asio::awaitable<Exchange> exchange(runtime::StreamPtr stream, std::string wire, bool head, Limits limits,
                                   OnData on_data, OnOpen on_open) {
  const auto written = co_await stream->write(wire, limits.headers);
  if (!written && written.error().code != ErrorCode::unavailable) {
    Exchange failed;
    failed.response = written.error();
    co_return failed;
  }
  // A server that refuses a large body may answer and close before it has read all of it: look for that answer.
  const auto reader = std::make_unique<Reader>(stream, head, limits, std::move(on_data), std::move(on_open));
  auto result = co_await reader->run();
  if (!written && !result.answered) result.response = written.error();
  co_return result;
}

}  // namespace teal::http
