// A channel for notifications to the outside.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "daemon/drivers/notifications/notification.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::notifications {

// How a try ended.
struct DeliveryOutcome {
  bool delivered = false;
  bool again = false;                   // trying once more may help
  std::optional<Duration> retry_after;  // the other side asks for this much patience
  std::string why;                      // "answered 503"; names no more than the host
};

class NotificationChannel {
 public:
  virtual ~NotificationChannel() = default;
  // Under which the store remembers what it was told: the same after a restart, and in another place of teald.yaml.
  // Says nothing of its address, which may be a secret.
  [[nodiscard]] virtual std::string identity() const = 0;
  // Tries once.
  [[nodiscard]] virtual boost::asio::awaitable<DeliveryOutcome> deliver(Notification notification,
                                                                        Duration deadline) = 0;
};

}  // namespace teal::notifications
