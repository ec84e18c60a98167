// Sends notifications about rollouts to channels: one coroutine per channel, so that nothing ever waits for them.
//
// The store's events are the queue: an event is stored before anybody is notified, `told` is only a wake-up, and after
// a restart unsettled events are read again. Delivered and given-up events are recorded by id, so that each combination
// of rollout and type is sent once; only a crash between the response and that record causes a duplicate, with the same
// id. A channel that is new in teald.yaml only gets notifications from then on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/store.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/drivers/notifications/channel.hpp"

namespace teal::notifications {

struct Subscription {
  std::unique_ptr<NotificationChannel> channel;
  std::set<Notice> on;
};

struct NotifierPace {
  Duration first_delay = std::chrono::seconds{1};  // before the second try; doubled each time
  Duration longest_delay = std::chrono::minutes{5};
  int tries = 10;
  Duration deadline = std::chrono::seconds{10};  // of one try
  std::size_t waiting = 100;                     // at most so many a channel; the oldest is dropped for a newer
};

// All of them outlive the notifier's coroutines.
struct NotifierPorts {
  ports::Store* store = nullptr;
  ports::Clock* clock = nullptr;
  ports::Telemetry* telemetry = nullptr;
  // Every event of the notifier's own, once it is in the store: NotificationFailed, NotificationDropped.
  std::function<void(const records::Event&)> told;
};

class Notifier {
 public:
  Notifier(boost::asio::any_io_executor executor, NotifierPorts ports, std::vector<Subscription> subscriptions,
           NotifierPace pace = {});
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // One coroutine a channel; each runs until it is cancelled.
  [[nodiscard]] std::vector<boost::asio::awaitable<void>> tasks();
  // Something happened, and is in the store.
  void told(const records::Event& event);

 private:
  class Queue;
  std::vector<std::shared_ptr<Queue>> queues_;
};

}  // namespace teal::notifications
