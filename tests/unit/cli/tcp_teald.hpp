// A teald on TCP, with TLS or without, that answers every request the same and keeps what it was asked.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/runtime/stream_tls_server.hpp"

namespace teal::cli {

class TcpTeald {
 public:
  // `tls`: null for plain http.
  explicit TcpTeald(std::string answer, runtime::TlsServerContextPtr tls = nullptr,
                    const std::string& address = "127.0.0.1")
      : answer_(std::move(answer)),
        tls_(std::move(tls)),
        listener_(runtime::listen_tcp(loop_.get_executor(), address, "0").value()),
        port_(listener_->port()) {
    boost::asio::co_spawn(loop_, accept(this, listener_), boost::asio::detached);
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  ~TcpTeald() {
    loop_.stop();
    thread_.join();
  }
  TcpTeald(const TcpTeald&) = delete;
  TcpTeald& operator=(const TcpTeald&) = delete;

  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  // The heads of the requests so far, each with who sent it by certificate in front.
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard lock{mutex_};
    return asked_;
  }

 private:
  static boost::asio::awaitable<void> accept(TcpTeald* self, runtime::ListenerPtr listener) {
    for (;;) {
      auto stream = co_await listener->accept();
      if (!stream) co_return;
      boost::asio::co_spawn(self->loop_, serve(self, std::move(*stream)), boost::asio::detached);
    }
  }

  static boost::asio::awaitable<void> serve(TcpTeald* self, runtime::StreamPtr stream) {
    if (self->tls_) {
      auto secured =
          co_await runtime::accept_tls(std::move(stream), self->tls_, runtime::after(std::chrono::seconds{5}));
      if (!secured) co_return;
      stream = std::move(*secured);
    }
    std::string head;
    char piece[4096];
    // What does not begin as HTTP does is answered at once, as teald does.
    while (head.find("\r\n\r\n") == std::string::npos && (head.empty() || head.front() >= 'A')) {
      const auto count = co_await stream->read_some(piece, sizeof piece, runtime::after(std::chrono::seconds{5}));
      if (!count || *count == 0) co_return;
      head.append(piece, *count);
    }
    const auto peer = stream->peer();
    {
      const std::lock_guard lock{self->mutex_};
      self->asked_.push_back((peer.certificate ? peer.certificate->common_name + ": " : "") + head);
    }
    (void)co_await stream->write(self->answer_, runtime::after(std::chrono::seconds{5}));
    stream->shutdown_send();
    (void)co_await stream->read_some(piece, sizeof piece, runtime::after(std::chrono::seconds{1}));
    stream->close();
  }

  std::string answer_;
  runtime::TlsServerContextPtr tls_;
  boost::asio::io_context loop_{1};
  runtime::ListenerPtr listener_;
  int port_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
};

}  // namespace teal::cli
