// A connected byte stream (TCP or Unix socket) behind one type, for clients and servers; no Beast, no templates.
//
// One reader and one writer at a time. A call whose deadline passes ends with timed_out; one whose coroutine is
// cancelled, or whose stream is closed meanwhile, ends with cancelled. After either, the stream can only be closed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/runtime/peer.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::runtime {

using Deadline = std::chrono::steady_clock::time_point;

inline constexpr Deadline no_deadline = Deadline::max();

[[nodiscard]] inline Deadline after(Duration duration) { return std::chrono::steady_clock::now() + duration; }

class Stream {
 public:
  virtual ~Stream() = default;
  // At least one byte, unless the other side has closed: then 0. Errors: unavailable, timed_out, cancelled.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::size_t>> read_some(char* data, std::size_t size,
                                                                              Deadline deadline) = 0;
  // All of `data`, which must live until then. Errors: unavailable, timed_out, cancelled.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> write(std::string_view data, Deadline deadline) = 0;
  // No more writes: the other side reads an end. Reading goes on.
  virtual void shutdown_send() noexcept = 0;
  // Ends pending calls with cancelled. May be repeated.
  virtual void close() noexcept = 0;
  // Open, with nothing to read: what a connection kept for reuse must be.
  [[nodiscard]] virtual bool quiet() const noexcept = 0;
  // Who is at the other end; an accepted stream knows it also after the other side has gone.
  [[nodiscard]] virtual Peer peer() const { return {}; }
};

using StreamPtr = std::shared_ptr<Stream>;

// A host name is resolved and each of its addresses tried in turn. Errors: unavailable, timed_out, cancelled.
[[nodiscard]] boost::asio::awaitable<Result<StreamPtr>> connect_tcp(std::string host, std::string port,
                                                                    Deadline deadline);
[[nodiscard]] boost::asio::awaitable<Result<StreamPtr>> connect_unix(std::string path, Deadline deadline);

// Takes over a connected socket.
[[nodiscard]] StreamPtr make_stream(boost::asio::any_io_executor executor, int socket);

class Listener {
 public:
  virtual ~Listener() = default;
  // Errors: cancelled (closed meanwhile), unavailable (this one connection failed, or no descriptor is free: go on).
  [[nodiscard]] virtual boost::asio::awaitable<Result<StreamPtr>> accept() = 0;
  // Ends a pending accept; a Unix socket's file is removed. May be repeated.
  virtual void close() noexcept = 0;
  // The TCP port that was really taken; 0 for a Unix socket.
  [[nodiscard]] virtual int port() const noexcept = 0;
};

using ListenerPtr = std::shared_ptr<Listener>;

// `host` is a numeric address or "localhost"; port "0" picks a free one. Errors: conflict (in use), denied, invalid.
[[nodiscard]] Result<ListenerPtr> listen_tcp(boost::asio::any_io_executor executor, const std::string& host,
                                             const std::string& port);
// `mode`: the file's rights, set before anybody can connect. A file left by a process that is gone is replaced; one
// that somebody listens on is a conflict. Its folder must be one that nobody else can write (runtime/trusted_path).
// Errors: conflict, denied, invalid (no such directory, path too long).
[[nodiscard]] Result<ListenerPtr> listen_unix(boost::asio::any_io_executor executor, const std::string& path,
                                              unsigned mode = 0600);

}  // namespace teal::runtime
