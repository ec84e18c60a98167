// The REST API over HTTP/1.1, on Unix sockets and TCP. Runs on one thread: the executor's.
//
// Bounded whatever clients do: headers 16 KiB, bodies 1 MiB, 6,144 connections (fewer where the process may not open so
// many files), 32 MiB of requests that are not whole or not answered yet, 192 MiB of answers that nobody has read yet
// (one that several read counts once), a deadline for each read and write. Three quarters of each are TCP's, one is
// that of Unix sockets: neither can take from the other. Of the connections three quarters may be streams, and half of
// those one party's: a TCP source address, an IPv6 network of 64 bits, or a Unix user; one more is answered 429. When a
// share is used up, the party that holds most makes room: with what is idle for longest, a stream with nothing to send
// included, else with what is slowest; a request that is worked on is never cut. A slow client holds up nobody but
// itself.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controllers/ports/store.hpp"
#include "controllers/requests/control.hpp"
#include "controllers/status/board.hpp"
#include "daemon/access/gate.hpp"
#include "daemon/runtime/log.hpp"
#include "daemon/runtime/metrics.hpp"
#include "daemon/runtime/stream.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::api {

struct ApiOptions {
  std::vector<std::string> listen;  // "unix:/run/teal/teal.sock" or "127.0.0.1:7080", "[::1]:7080"; port 0: any
  unsigned socket_mode = 0660;
  std::vector<std::string> names;      // host names under which requests may come, besides the addresses' own
  std::size_t max_connections = 6144;  // a quarter of it for Unix sockets alone, where TCP is there
  std::size_t arriving_bytes = std::size_t{32} << 20;  // of requests that are half sent or not answered yet; as above
  std::size_t leaving_bytes = std::size_t{192} << 20;  // of answers that are not read yet; as above
  Duration header_timeout = std::chrono::seconds{10};  // from a request's first byte to the end of its headers
  Duration body_timeout = std::chrono::seconds{30};
  Duration idle_timeout = std::chrono::seconds{60};  // between requests
  Duration write_timeout = std::chrono::seconds{60};
  Duration bookmark_interval = std::chrono::seconds{15};
  Duration event_check_interval = std::chrono::milliseconds{500};
  // Makes of a stream accepted over TCP the one to speak HTTP on, as TLS does; empty: they are the same.
  std::function<boost::asio::awaitable<Result<runtime::StreamPtr>>(runtime::StreamPtr)> handshake{};
  Duration stop_grace = std::chrono::seconds{2};  // for requests under way, once stopped
};

class ApiServer {
 public:
  // All of them outlive the server.
  ApiServer(boost::asio::any_io_executor executor, ApiOptions options, status::Board& board, requests::Control& control,
            ports::Store& store, runtime::Metrics& metrics, const access::Gate& gate, runtime::Log& log);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Takes all addresses, or none. Errors name the address: conflict (in use), denied, invalid.
  [[nodiscard]] Result<void> listen();
  // The TCP port of the nth address, 0 for a Unix socket.
  [[nodiscard]] int port(std::size_t nth) const;
  // Serves until `stop`; returns when every connection has ended.
  [[nodiscard]] boost::asio::awaitable<void> run();
  // Takes no more connections, ends idle ones and watches, lets requests under way finish.
  void stop();
  // Puts on record what is only counted so far of the requests that were refused.
  [[nodiscard]] boost::asio::awaitable<void> record_denials();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::api
