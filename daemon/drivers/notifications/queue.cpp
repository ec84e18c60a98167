#include "daemon/drivers/notifications/queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace teal::notifications {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr Duration store_again_after = 1s;
constexpr std::size_t events_at_once = 5000;  // more than that since the last look is history that nobody waits for

}  // namespace

Notifier::Queue::Queue(boost::asio::any_io_executor executor, NotifierPorts ports, Subscription subscription,
                       NotifierPace pace, std::size_t index, std::string name)
    : ports_(std::move(ports)),
      channel_(std::move(subscription.channel)),
      on_(std::move(subscription.on)),
      pace_(pace),
      index_(index),
      name_(std::move(name)),
      timer_(executor) {}

void Notifier::Queue::wake() {
  woken_ = true;
  timer_.cancel();
}

awaitable<void> Notifier::Queue::run() {
  const auto self = shared_from_this();
  for (;;) {
    woken_ = false;
    bool store_answers = true;
    if (!read_up_to_) store_answers = co_await remember();
    if (store_answers) store_answers = co_await collect();
    const auto due = next_due();
    if (due <= std::chrono::steady_clock::now()) {
      co_await deliver_next();
      continue;
    }
    if (woken_) continue;
    co_await sleep_until(store_answers ? due : std::min(due, runtime::after(store_again_after)));
  }
}

// Where the last teald stopped. A channel that the store does not know begins with what comes next.
awaitable<bool> Notifier::Queue::remember() {
  auto told = co_await ports_.store->told_notices(name_);
  if (!told) co_return false;
  if (!told->settled) {
    ports::EventQuery newest;
    newest.limit = 1;
    const auto events = co_await ports_.store->events(std::move(newest));
    if (!events) co_return false;
    told->settled = events->empty() ? 0 : events->back().sequence;
    if (!co_await ports_.store->settle_notice(name_, "", *told->settled)) co_return false;
  }
  known_ = std::move(told->notices);
  read_up_to_ = *told->settled;
  co_return true;
}

awaitable<bool> Notifier::Queue::collect() {
  ports::EventQuery query;
  query.after = *read_up_to_;
  query.limit = events_at_once;
  const auto events = co_await ports_.store->events(std::move(query));
  if (!events) co_return false;
  for (const auto& [sequence, event] : *events) {
    const auto type = notice_of(event);
    if (type && on_.contains(*type)) {
      if (!co_await enqueue(sequence, event, *type)) co_return false;
    }
    read_up_to_ = sequence;
  }
  co_return true;
}

awaitable<bool> Notifier::Queue::enqueue(std::int64_t sequence, records::Event event, Notice type) {
  std::optional<records::RolloutRecord> record;
  if (const auto revision = revision_of(event)) {
    auto found = co_await ports_.store->rollout(event.application, *revision);
    // One that was erased meanwhile is told of with what the event says.
    if (!found && found.error().code != ErrorCode::not_found) co_return false;
    if (found) record = std::move(*found);
  }
  Waiting waiting;
  waiting.sequence = sequence;
  waiting.notification = make_notification(type, event, record);
  if (!known_.insert(waiting.notification.id).second) co_return true;
  waiting_.push_back(std::move(waiting));
  if (waiting_.size() <= pace_.waiting) co_return true;
  auto oldest = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  count(oldest.notification, "dropped");
  auto message = fmt::format("notifications[{}]: {} for {} was dropped: {} newer ones wait already", index_,
                             to_string(oldest.notification.type), oldest.notification.rollout, pace_.waiting);
  co_await settle(std::move(oldest), spec::Reason::NotificationDropped, std::move(message));
  co_return true;
}

awaitable<void> Notifier::Queue::deliver_next() {
  const auto next = std::ranges::min_element(waiting_, {}, &Waiting::due);
  const auto sequence = next->sequence;
  next->tries += 1;
  const auto outcome = co_await channel_->deliver(next->notification, pace_.deadline);
  // This coroutine alone changes the list, but the place may have moved.
  const auto found = std::ranges::find(waiting_, sequence, &Waiting::sequence);
  if (found == waiting_.end()) co_return;
  if (!outcome.delivered && outcome.again && found->tries < pace_.tries) {
    count(found->notification, "retried");
    const double random = std::uniform_real_distribution<double>{0, 1}(random_);
    const auto delay = runtime::backoff(found->tries, pace_.first_delay, pace_.longest_delay, random);
    found->due = runtime::after(std::max(delay, outcome.retry_after.value_or(0ms)));
    co_return;
  }
  auto done = std::move(*found);
  waiting_.erase(found);
  count(done.notification, outcome.delivered ? "delivered" : "failed");
  spec::Reason reason;
  std::string message;
  if (!outcome.delivered) {
    reason = spec::Reason::NotificationFailed;
    message = fmt::format("notifications[{}]: {} for {} was not delivered after {} {}: {}", index_,
                          to_string(done.notification.type), done.notification.rollout, done.tries,
                          done.tries == 1 ? "try" : "tries", outcome.why);
  }
  co_await settle(std::move(done), std::move(reason), std::move(message));
}

// With a reason it is told as an event, too. A store that does not answer costs a second delivery after a restart at
// most, so it is not waited for.
awaitable<void> Notifier::Queue::settle(Waiting done, spec::Reason reason, std::string message) {
  if (!reason.empty()) {
    records::Event event;
    event.time = ports_.clock->now();
    event.warning = true;
    event.reason = std::move(reason);
    event.message = std::move(message);
    event.application = done.notification.event.application;
    event.object = done.notification.event.object;
    const std::vector<records::Event> events{event};
    (void)co_await ports_.store->append(events);
    if (ports_.told) ports_.told(event);
  }
  const auto settled = settled_up_to();
  (void)co_await ports_.store->settle_notice(name_, done.notification.id, settled);
}

// Only what no waiting one comes from: after a restart those are found again.
std::int64_t Notifier::Queue::settled_up_to() const {
  auto settled = *read_up_to_;
  for (const auto& waiting : waiting_) settled = std::min(settled, waiting.sequence - 1);
  return settled;
}

runtime::Deadline Notifier::Queue::next_due() const {
  auto due = runtime::no_deadline;
  for (const auto& waiting : waiting_) due = std::min(due, waiting.due);
  return due;
}

awaitable<void> Notifier::Queue::sleep_until(runtime::Deadline time) {
  timer_.expires_at(time);
  co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

void Notifier::Queue::count(const Notification& notification, std::string_view outcome) {
  ports_.telemetry->notification(index_, to_string(notification.type), outcome);
}

}  // namespace teal::notifications
