// A connection whose other side has said all it will ever say: nothing waits, nothing is sent anywhere.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/runtime/stream.hpp"

namespace teal::fuzz {

class MemoryStream final : public runtime::Stream {
 public:
  // `text` comes in pieces of at most `piece` bytes.
  MemoryStream(std::string_view text, std::size_t piece) : left_(text), piece_(piece) {}

  boost::asio::awaitable<Result<std::size_t>> read_some(char* data, std::size_t size, runtime::Deadline) override {
    const auto count = closed_ ? 0 : std::min({size, piece_, left_.size()});
    std::copy_n(left_.data(), count, data);
    left_.remove_prefix(count);
    co_return count;
  }

  boost::asio::awaitable<Result<void>> write(std::string_view data, runtime::Deadline) override {
    if (closed_) co_return Error{ErrorCode::cancelled, "closed"};
    written += data;
    if (on_write) on_write();
    co_return Result<void>{};
  }

  void shutdown_send() noexcept override {}
  void close() noexcept override { closed_ = true; }
  bool quiet() const noexcept override { return !closed_; }

  runtime::Peer peer() const override { return from; }

  std::string written;
  runtime::Peer from;
  std::function<void()> on_write;

 private:
  std::string_view left_;
  std::size_t piece_;
  bool closed_ = false;
};

}  // namespace teal::fuzz
