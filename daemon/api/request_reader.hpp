// Reads one request from a stream: its head, then its body. Memory is charged to the connection's share as bytes
// arrive, not as they are announced.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/arriving_body.hpp"
#include "daemon/api/connection_quota.hpp"
#include "daemon/api/head_scan.hpp"
#include "daemon/api/server.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::api {

class RequestReader {
 public:
  struct Refusal {
    int status = 0;  // HTTP's; 0: none, the client has gone or was too slow
    std::string why;
  };

  // `buffer`: received, not used yet; what is left over belongs to the next request. All outlive the reader.
  RequestReader(runtime::StreamPtr stream, std::string& buffer, const ApiOptions& options, ClientConnection& client,
                ConnectionQuota& share);

  // False: see `refusal`. The body comes after the head; fields behind it are refused.
  [[nodiscard]] boost::asio::awaitable<bool> head();
  [[nodiscard]] bool awaits_body() const { return !parser_.is_done(); }
  [[nodiscard]] boost::asio::awaitable<bool> body();
  [[nodiscard]] Refusal& refusal() { return refusal_; }

  // Of more than the empty object that clients with nothing to say send.
  [[nodiscard]] bool announces_body() const { return parser_.content_length().value_or(0) > 2; }
  [[nodiscard]] std::string method() const;
  [[nodiscard]] std::string target() const;
  [[nodiscard]] std::string field(boost::beast::http::field name) const;
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> fields(boost::beast::http::field name) const;  // of each line of that name
  [[nodiscard]] std::size_t count(boost::beast::http::field name) const { return parser_.get().count(name); }
  [[nodiscard]] bool keep_alive() const { return parser_.get().keep_alive(); }
  [[nodiscard]] bool is_http_1_0() const { return parser_.get().version() == 10; }
  [[nodiscard]] std::string take_body() { return std::move(parser_.get().body()); }

 private:
  [[nodiscard]] boost::asio::awaitable<bool> more(std::size_t most, runtime::Deadline deadline);
  [[nodiscard]] bool parse(std::size_t size);
  bool refuse(int status, std::string why);
  [[nodiscard]] std::ptrdiff_t count_fields() const;

  runtime::StreamPtr stream_;
  std::string& buffer_;
  const ApiOptions& options_;
  ClientConnection& client_;
  ConnectionQuota& share_;
  HeadScan scan_;
  boost::beast::http::request_parser<ArrivingBody> parser_;
  std::vector<char> piece_;
  Refusal refusal_;
};

inline constexpr std::size_t max_head = 16 * 1024;
inline constexpr std::size_t max_body = 1024 * 1024;

}  // namespace teal::api
