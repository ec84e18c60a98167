#include "daemon/access/denial_recorder.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace teal::access {

using namespace std::chrono_literals;

namespace {

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace

DenialRecorder::DenialRecorder(const boost::asio::any_io_executor& executor, Store& store, Telemetry& telemetry)
    : store_(store), telemetry_(telemetry), timer_(executor) {}

void DenialRecorder::denied(const Requester& who, int status, const std::string& application) {
  telemetry_.denied(status == 401 ? "unauthenticated" : "forbidden");
  tally_.add(who, status, application, now());
  timer_.cancel();
}

void DenialRecorder::stop() {
  stopping_ = true;
  timer_.cancel();
}

boost::asio::awaitable<void> DenialRecorder::flush() {
  auto entries = tally_.take_all(now());
  if (!entries.empty()) (void)co_await store_.append(Happened{std::vector<Event>{}, std::move(entries)});
}

boost::asio::awaitable<void> DenialRecorder::run() {
  while (!stopping_) {
    bool failed = false;
    if (auto entries = tally_.take(now()); !entries.empty()) {
      const auto stored = co_await store_.append(Happened{std::vector<Event>{}, entries});
      failed = !stored;
      if (failed) tally_.give_back(std::move(entries));
    }
    if (stopping_ || (!failed && tally_.has_entries())) continue;
    const bool idle = !failed && !tally_.is_counting();
    timer_.expires_after(idle ? Duration{24h} : Duration{1s});
    // A denial ends the wait, but not the one for a store that takes nothing.
    do {
      (void)co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
    } while (failed && !stopping_ && timer_.expiry() > std::chrono::steady_clock::now());
  }
}

}  // namespace teal::access
