// One channel of the notifier: its pending notifications, and the coroutine that delivers them.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <random>

#include "daemon/drivers/notifications/notifier.hpp"
#include "daemon/runtime/retry.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::notifications {

class Notifier::Queue : public std::enable_shared_from_this<Notifier::Queue> {
 public:
  // `index`: its place in teald.yaml; `name`: under which the store remembers it.
  Queue(boost::asio::any_io_executor executor, NotifierPorts ports, Subscription subscription, NotifierPace pace,
        std::size_t index, std::string name);

  [[nodiscard]] boost::asio::awaitable<void> run();
  void wake();

 private:
  struct Waiting {
    std::int64_t sequence = 0;
    Notification notification;
    int tries = 0;
    runtime::Deadline due{};
  };

  boost::asio::awaitable<bool> remember();
  boost::asio::awaitable<bool> collect();
  boost::asio::awaitable<bool> enqueue(std::int64_t sequence, records::Event event, Notice type);
  boost::asio::awaitable<void> deliver_next();
  boost::asio::awaitable<void> settle(Waiting done, spec::Reason reason, std::string message);
  boost::asio::awaitable<void> sleep_until(runtime::Deadline time);
  [[nodiscard]] std::int64_t settled_up_to() const;
  [[nodiscard]] runtime::Deadline next_due() const;
  void count(const Notification& notification, std::string_view outcome);

  NotifierPorts ports_;
  std::unique_ptr<NotificationChannel> channel_;
  std::set<Notice> on_;
  NotifierPace pace_;
  std::size_t index_;
  std::string name_;
  boost::asio::steady_timer timer_;
  bool woken_ = false;
  std::optional<std::int64_t> read_up_to_;  // of the store's events; none: not remembered yet
  std::set<std::string> known_;             // ids that are settled or wait
  std::vector<Waiting> waiting_;            // oldest first
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace teal::notifications
