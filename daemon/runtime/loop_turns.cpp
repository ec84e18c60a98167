#include "daemon/runtime/loop_turns.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace teal::runtime {

namespace asio = boost::asio;

struct LoopTurns::State : std::enable_shared_from_this<State> {
  explicit State(asio::any_io_executor its_executor) : executor(std::move(its_executor)) {}

  void wait(asio::any_completion_handler<void()> handler) {
    waiting.push_back(std::move(handler));
    if (!std::exchange(is_queued, true)) queue();
  }

  void queue() {
    asio::post(executor, [weak = weak_from_this()] {
      if (const auto state = weak.lock()) state->give();
    });
  }

  void give() {
    if (waiting.empty()) return;  // it is going, and those who waited go in a handler of their own that comes later
    auto next = std::move(waiting.front());
    waiting.pop_front();
    is_queued = !waiting.empty();
    // Before it runs, so that it can be interrupted by an exception; it is behind all that is ready by now.
    if (is_queued) queue();
    std::move(next)();
  }

  asio::any_io_executor executor;
  std::deque<asio::any_completion_handler<void()>> waiting;
  bool is_queued = false;
};

LoopTurns::LoopTurns(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

LoopTurns::~LoopTurns() {
  // What waits may hold what waits in its turn.
  auto waiting = std::exchange(state_->waiting, {});
  state_.reset();
}

asio::awaitable<void> LoopTurns::take() {
  const auto state = state_;
  auto initiate = [state](auto handler) { state->wait(std::move(handler)); };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
}

}  // namespace teal::runtime
