// One client's connection: sequential HTTP/1.1 requests and their responses.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/api/chunk_sink.hpp"
#include "daemon/api/connection_quota.hpp"
#include "daemon/api/message.hpp"
#include "daemon/api/server.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::api {

// Where a connection came in.
struct Door {
  std::string address;  // "unix:/run/teal/teal.sock"
  bool over_tcp = false;
  // Makes of an accepted stream the one to speak HTTP on, as TLS does; none: they are the same. It gets as long as a
  // request's headers, and meanwhile the connection is idle.
  std::function<boost::asio::awaitable<Result<runtime::StreamPtr>>(runtime::StreamPtr)> handshake{};
};

class Connection final : public ClientConnection {
 public:
  struct Handling {
    std::function<std::optional<Response>(Request)> refuse;  // by the head alone: its body is not read then
    std::function<boost::asio::awaitable<Response>(Request)> dispatch;
  };

  // `share` and `options` outlive it.
  Connection(runtime::StreamPtr stream, Door door, const ApiOptions& options, ConnectionQuota& share,
             Handling handling);

  // Returns when the connection has ended. `self` keeps it alive meanwhile.
  [[nodiscard]] static boost::asio::awaitable<void> serve(std::shared_ptr<Connection> self);

  [[nodiscard]] ConnectionQuota& share() { return share_; }
  void close();
  void give_way() override;
  // No further requests; what is under way is finished, a stream is ended.
  void stop();

 private:
  struct Incoming {
    Request request;
    std::string id;         // its X-Request-Id
    bool complete = false;  // else: `refused`, `refusal`, or the client is gone
    bool keep_alive = false;
    bool http_1_0 = false;
    int refusal = 0;  // HTTP status
    std::string why;
    std::optional<Response> refused;  // before its body was read
  };

  [[nodiscard]] boost::asio::awaitable<bool> shake_hands();
  [[nodiscard]] boost::asio::awaitable<Incoming> receive();
  [[nodiscard]] boost::asio::awaitable<Response> answer(Incoming& incoming);
  [[nodiscard]] boost::asio::awaitable<bool> send(const Incoming& incoming, Response response);
  [[nodiscard]] boost::asio::awaitable<bool> send_stream(const Incoming& incoming, Response response);
  [[nodiscard]] boost::asio::awaitable<void> linger();

  runtime::StreamPtr stream_;
  Door door_;
  const ApiOptions& options_;
  ConnectionQuota& share_;
  Handling handling_;
  std::string buffer_;  // received, not yet used
  bool stopping_ = false;
  bool gave_way_ = false;
  std::weak_ptr<ChunkSink> sink_;
  std::optional<runtime::Peer> peer_;  // once it has sent something
};

}  // namespace teal::api
