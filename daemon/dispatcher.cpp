#include "daemon/dispatcher.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace teal::daemon {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

// Passes wait for engines and load balancers, each with connections of its own: thousands at once would exhaust those,
// and would not be faster. Counted by engine.
constexpr std::size_t most_passes_at_once = 256;

}  // namespace

Dispatcher::Dispatcher(boost::asio::any_io_executor executor, const ports::Clock& clock, ports::Telemetry& telemetry,
                       runtime::TaskGroup& tasks, reconcile::WorkQueue::LaneOf engine_of, Pass pass)
    : clock_(clock),
      telemetry_(telemetry),
      tasks_(tasks),
      pass_(std::move(pass)),
      queue_(std::move(engine_of)),
      timer_(std::move(executor)) {}

void Dispatcher::wake(const std::string& name) {
  queue_.add(name, clock_.now());
  timer_.cancel();
}

awaitable<void> Dispatcher::run() {
  while ((co_await boost::asio::this_coro::cancellation_state).cancelled() == boost::asio::cancellation_type::none) {
    for (auto& name : queue_.take_due(clock_.now(), most_passes_at_once)) tasks_.spawn("reconcile " + name, work(name));
    telemetry_.queue_depth(queue_.depth(clock_.now()));
    const auto next = queue_.next_due();
    const auto delay = next ? std::max<Duration>(*next - clock_.now(), 0ms) : Duration{1h};
    timer_.expires_after(delay);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));  // cancelled by wake: look again
  }
}

awaitable<void> Dispatcher::work(std::string name) {
  const auto again = co_await pass_(name);
  queue_.done(name, again);
  timer_.cancel();
}

}  // namespace teal::daemon
