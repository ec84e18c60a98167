// One response stream, chunked if the client's HTTP version supports it. While nothing is written its connection is
// idle.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "daemon/api/connection_quota.hpp"
#include "daemon/api/message.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::api {

class ChunkSink final : public Sink {
 public:
  // The client, whose connection this is written to, and its share outlive it.
  ChunkSink(const boost::asio::any_io_executor& executor, runtime::StreamPtr stream, ClientConnection& client,
            ConnectionQuota& share, Duration write_timeout, bool chunked);

  using Sink::write;
  [[nodiscard]] boost::asio::awaitable<bool> write(SharedText whole, std::string_view part) override;
  [[nodiscard]] boost::asio::awaitable<bool> wait(Duration longest) override;
  void wake() override;
  // Nothing more is written: whoever writes it is told so at once.
  void end();
  // The end of the chunks, which tells a whole stream from a broken connection.
  [[nodiscard]] boost::asio::awaitable<void> finish();

 private:
  runtime::StreamPtr stream_;
  ClientConnection& client_;
  ConnectionQuota& share_;
  Duration write_timeout_;
  boost::asio::steady_timer timer_;
  bool chunked_;
  bool woken_ = false;
  bool ended_ = false;
};

}  // namespace teal::api
