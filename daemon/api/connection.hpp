// One client's connection: HTTP/1.1 requests in, one after the other, answers out.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/api/message.hpp"
#include "daemon/api/server.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::api {

// Where a connection came in.
struct Door {
  std::string address;  // "unix:/run/teal/teal.sock"
  bool over_tcp = false;
};

class Connection {
 public:
  using Dispatch = std::function<boost::asio::awaitable<Response>(Request)>;

  Connection(StreamPtr stream, Door door, const ApiOptions& options, Dispatch dispatch);

  // Returns when the connection has ended. `self` keeps it alive meanwhile.
  [[nodiscard]] static boost::asio::awaitable<void> serve(std::shared_ptr<Connection> self);

  [[nodiscard]] bool is_idle() const { return idle_; }
  [[nodiscard]] std::chrono::steady_clock::time_point idle_since() const { return idle_since_; }
  void close();
  // No further requests; what is under way is finished, a stream is ended.
  void stop();

 private:
  struct Incoming {
    Request request;
    bool complete = false;  // else: `refusal`, or the client is gone
    bool keep_alive = false;
    bool http_1_0 = false;
    int refusal = 0;  // HTTP status
    std::string why;
  };
  class ChunkSink;

  [[nodiscard]] boost::asio::awaitable<Incoming> receive();
  [[nodiscard]] boost::asio::awaitable<bool> send(const Incoming& incoming, Response response);
  [[nodiscard]] boost::asio::awaitable<bool> send_stream(const Incoming& incoming, Response response);
  [[nodiscard]] boost::asio::awaitable<void> linger();

  StreamPtr stream_;
  Door door_;
  const ApiOptions& options_;
  Dispatch dispatch_;
  std::string buffer_;  // received, not yet used
  bool idle_ = true;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point idle_since_ = std::chrono::steady_clock::now();
  std::weak_ptr<Sink> sink_;
  std::optional<Peer> peer_;  // once it has sent something
};

}  // namespace teal::api
