#include "daemon/api/guarded_sink.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace teal::api {
namespace {

class GuardedSink final : public Sink {
 public:
  GuardedSink(SinkPtr below, const access::Gate& gate, access::Credentials credentials, access::Identity identity)
      : below_(std::move(below)), gate_(gate), credentials_(std::move(credentials)), identity_(std::move(identity)) {}

  using Sink::write;
  boost::asio::awaitable<bool> write(SharedText whole, std::string_view part) override {
    if (!is_still_let_in()) co_return false;
    co_return co_await below_->write(std::move(whole), part);
  }

  boost::asio::awaitable<bool> wait(Duration longest) override {
    const auto end = std::chrono::steady_clock::now() + longest;
    woken_ = false;
    for (;;) {
      if (!is_still_let_in()) co_return false;
      const auto left = std::chrono::ceil<Duration>(end - std::chrono::steady_clock::now());
      if (woken_ || left <= Duration::zero()) co_return true;
      const auto piece = std::min<Duration>(left, std::chrono::seconds(1));
      if (!co_await below_->wait(piece)) co_return false;
    }
  }

  void wake() override {
    woken_ = true;
    below_->wake();
  }

 private:
  [[nodiscard]] bool is_still_let_in() const { return gate_.identify(credentials_) == identity_; }

  SinkPtr below_;
  const access::Gate& gate_;
  access::Credentials credentials_;
  access::Identity identity_;
  bool woken_ = false;
};

boost::asio::awaitable<void> stream_guarded(Streamer inner, std::shared_ptr<GuardedSink> sink) { co_await inner(sink); }

}  // namespace

void guard_stream(const access::Gate& gate, access::Credentials credentials, access::Identity identity,
                  Response& response) {
  if (!response.stream) return;
  response.stream = [&gate, credentials = std::move(credentials), identity = std::move(identity),
                     inner = std::move(response.stream)](SinkPtr sink) {
    return stream_guarded(inner, std::make_shared<GuardedSink>(std::move(sink), gate, credentials, identity));
  };
}

}  // namespace teal::api
