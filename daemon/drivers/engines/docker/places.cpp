#include "daemon/drivers/engines/docker/places.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace teal::docker {

namespace asio = boost::asio;

WakeSignal::WakeSignal(asio::any_io_executor executor)
    : timer_(std::move(executor), asio::steady_timer::time_point::max()) {}

asio::awaitable<void> WakeSignal::wait() { co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable)); }

struct Places::State {
  asio::any_io_executor executor;
  std::size_t free = 0;
  std::deque<std::shared_ptr<asio::steady_timer>> waiting;

  void give_back() {
    ++free;
    if (waiting.empty()) return;
    waiting.front()->cancel();
    waiting.pop_front();
  }
};

struct Places::Place {
  Place(std::shared_ptr<State> its_state, Duration longest) : state(std::move(its_state)), timer(state->executor) {
    timer.expires_after(longest);
  }
  ~Place() { leave(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void leave() {
    if (std::exchange(has_left, true)) return;
    state->give_back();
  }

  std::shared_ptr<State> state;
  asio::steady_timer timer;
  bool has_left = false;
};

Places::Places(asio::any_io_executor executor, std::size_t count) : state_(std::make_shared<State>()) {
  state_->executor = std::move(executor);
  state_->free = count;
}

asio::awaitable<std::shared_ptr<void>> Places::take(Duration longest) {
  const auto state = state_;
  bool is_first_try = true;
  while (state->free == 0 || (is_first_try && !state->waiting.empty())) {
    auto turn = std::make_shared<asio::steady_timer>(state->executor, asio::steady_timer::time_point::max());
    is_first_try ? state->waiting.push_back(turn) : state->waiting.push_front(turn);
    is_first_try = false;
    co_await turn->async_wait(asio::as_tuple(asio::use_awaitable));
  }
  --state->free;
  auto place = std::make_shared<Place>(state, longest);
  place->timer.async_wait([weak = std::weak_ptr<Place>(place)](boost::system::error_code error) {
    const auto it = weak.lock();
    if (!error && it) it->leave();
  });
  co_return place;
}

}  // namespace teal::docker
