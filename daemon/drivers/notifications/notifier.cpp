#include "daemon/drivers/notifications/notifier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/drivers/notifications/queue.hpp"

namespace teal::notifications {

Notifier::Notifier(boost::asio::any_io_executor executor, NotifierPorts ports, std::vector<Subscription> subscriptions,
                   NotifierPace pace) {
  std::vector<std::string> names;
  for (auto& subscription : subscriptions) {
    const auto base = subscription.channel->identity();
    const auto same = std::ranges::count(names, base);
    names.push_back(base);
    auto name = same == 0 ? base : fmt::format("{}-{}", base, same + 1);
    for (const auto type : subscription.on) ports.telemetry->webhook(queues_.size(), to_string(type));
    auto queue = std::make_shared<Queue>(executor, ports, std::move(subscription), pace, queues_.size(), name);
    queues_.push_back(std::move(queue));
  }
}

Notifier::~Notifier() = default;

std::vector<boost::asio::awaitable<void>> Notifier::tasks() {
  std::vector<boost::asio::awaitable<void>> all;
  for (const auto& queue : queues_) all.push_back(queue->run());
  return all;
}

void Notifier::told(const records::Event& event) {
  if (!notice_of(event)) return;
  for (const auto& queue : queues_) queue->wake();
}

}  // namespace teal::notifications
