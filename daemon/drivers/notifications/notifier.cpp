#include "daemon/drivers/notifications/notifier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/drivers/notifications/webhook.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal {
namespace {

// The same after a restart, and in another place of the list; says nothing of the address, which may be the secret.
std::string name_of(const WebhookOptions& options) {
  return sha256_hex(fmt::format("{}:{}", static_cast<int>(options.url.kind), options.url.text)).substr(0, 16);
}

}  // namespace

Notifier::Notifier(boost::asio::any_io_executor executor, NotifierPorts ports, std::vector<WebhookOptions> webhooks,
                   NotifierPace pace) {
  std::vector<std::string> names;
  for (auto& options : webhooks) {
    const auto base = name_of(options);
    const auto same = std::ranges::count(names, base);
    names.push_back(base);
    auto name = same == 0 ? base : fmt::format("{}-{}", base, same + 1);
    for (const auto type : options.on) ports.telemetry->webhook(webhooks_.size(), to_string(type));
    webhooks_.push_back(std::make_shared<Webhook>(executor, ports, std::move(options), pace, webhooks_.size(), name));
  }
}

Notifier::~Notifier() = default;

std::vector<boost::asio::awaitable<void>> Notifier::tasks() {
  std::vector<boost::asio::awaitable<void>> all;
  for (const auto& webhook : webhooks_) all.push_back(webhook->run());
  return all;
}

void Notifier::told(const Event& event) {
  if (!notice_of(event)) return;
  for (const auto& webhook : webhooks_) webhook->wake();
}

}  // namespace teal
