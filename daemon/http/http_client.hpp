// HTTP/1.1 over TCP, TLS or a Unix socket, behind one type: no Beast in this header.
//
// Connections are kept alive and reused; a request whose reused connection turns out to be closed before any byte of a
// response is retried once on a new one, if its method is idempotent. Every call has a deadline.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/runtime/tls_files.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::http {

struct Endpoint {
  bool unix_socket = false;
  std::string path;  // of the Unix socket
  std::string host;
  std::string port;
  std::string base;  // path prefix of an http URL, without a trailing slash
  bool tls = false;  // https: daemon/runtime/stream_tls.hpp says whom it trusts

  bool operator==(const Endpoint&) const = default;
};

// "unix:///run/x.sock", "unix:/run/x.sock", "http[s]://host[:port][/base]". Errors: invalid.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);
// The same as text for people: "unix:///run/x.sock", "http://127.0.0.1:8080/base".
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

// "http[s]://host[:port][/path][?query]" taken apart.
struct Url {
  Endpoint endpoint;   // without a base
  std::string host;    // "host[:port]", as the Host header has it
  std::string target;  // path and query, as they stand; begins with '/'
};

// Errors: invalid; also for credentials and fragments.
[[nodiscard]] Result<Url> parse_url(std::string_view url);
// What a Location header means in the answer of `base`. Errors: invalid.
[[nodiscard]] Result<std::string> resolve_url(std::string_view base, std::string_view reference);

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  Headers headers;
  std::string body;
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
  bool whole = true;  // false: of the body only the beginning (Client::ask)
};

// How much of the body of an answer with this status is wanted.
using BytesWanted = std::function<std::size_t(int status)>;

// How long a stream may be silent, asked anew for each piece; 0: without limit.
using Silence = std::function<Duration()>;

// The value of a header, case-insensitive; empty when it is not there.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

class Client {
 public:
  Client(boost::asio::any_io_executor executor, Endpoint endpoint, runtime::TlsFiles tls = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Any HTTP status is success here. Errors: unavailable (cannot connect, connection lost), timed_out, invalid (not
  // HTTP, not TLS, or an answer larger than max_body bytes), denied (its TLS certificate is not trusted), unhealthy (it
  // refuses our certificate, or speaks no TLS that we do).
  [[nodiscard]] boost::asio::awaitable<Result<Response>> request(Request request, Duration deadline,
                                                                 std::size_t max_body = 8 << 20);
  // For those to whom the status matters before all. The head is read leniently (http_client_head.hpp), of the body as
  // much as is wanted, and what comes at once beside that, so that its sender is not cut off in the middle of it. Once
  // there is a status nothing that is wrong with the rest is an error: `whole` is false then. Never on a connection
  // used before.
  [[nodiscard]] boost::asio::awaitable<Result<Response>> ask(Request request, Duration deadline, BytesWanted wanted);
  // Connects anew, then hands the body to `on_data` piece by piece as it arrives; returns when the body ends, when
  // `on_data` returns false, or with cancelled. `deadline` is for the headers only; `idle` (0: none) between two
  // pieces. An answer with a status of 400 or more is returned whole in the Response instead. `on_open` is called once
  // the headers of any other are there.
  [[nodiscard]] boost::asio::awaitable<Result<Response>> stream(Request request, Duration deadline, Duration idle,
                                                                std::function<bool(std::string_view)> on_data,
                                                                std::function<void()> on_open = nullptr);
  [[nodiscard]] boost::asio::awaitable<Result<Response>> stream(Request request, Duration deadline, Silence idle,
                                                                std::function<bool(std::string_view)> on_data,
                                                                std::function<void()> on_open = nullptr);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::http
