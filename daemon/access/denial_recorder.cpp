#include "daemon/access/denial_recorder.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace teal::access {

using namespace std::chrono_literals;

namespace {

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

}  // namespace

DenialRecorder::DenialRecorder(const boost::asio::any_io_executor& executor, ports::Store& store,
                               ports::Telemetry& telemetry)
    : store_(store), telemetry_(telemetry), timer_(executor) {}

void DenialRecorder::denied(const records::Requester& who, int status, const std::string& application) {
  telemetry_.denied(status == 401 ? "unauthenticated" : "forbidden");
  tally_of(who).add(who, status, application, now());
  timer_.cancel();
}

void DenialRecorder::stop() {
  stopping_ = true;
  timer_.cancel();
}

boost::asio::awaitable<void> DenialRecorder::flush() {
  for (auto* tally : {&known_, &strangers_}) {
    auto entries = tally->take_all(now());
    if (!entries.empty())
      (void)co_await store_.append(ports::CommitEntries{std::vector<records::Event>{}, std::move(entries)});
  }
}

// False: the store takes nothing now.
boost::asio::awaitable<bool> DenialRecorder::write(DenialTally& tally) {
  auto entries = tally.take(now());
  if (entries.empty()) co_return true;
  const auto stored = co_await store_.append(ports::CommitEntries{std::vector<records::Event>{}, entries});
  if (!stored) tally.give_back(std::move(entries));
  co_return stored.has_value();
}

boost::asio::awaitable<void> DenialRecorder::run() {
  while (!stopping_) {
    const bool took_known = co_await write(known_);
    const bool took_strangers = co_await write(strangers_);
    const bool failed = !took_known || !took_strangers;
    if (stopping_ || (!failed && (known_.has_entries() || strangers_.has_entries()))) continue;
    const bool idle = !failed && !known_.is_counting() && !strangers_.is_counting();
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
