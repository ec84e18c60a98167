#include "daemon/drivers/notifications/notifier.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "daemon/drivers/notifications/webhook.hpp"

namespace teal {
namespace {

// The same after a restart, and in another place of the list; says nothing of the address, which may be the secret.
std::string name_of(const WebhookOptions& options) {
  const auto text = fmt::format("{}:{}", static_cast<int>(options.url.kind), options.url.text);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string name;
  for (std::size_t i = 0; i < 8; ++i) name += fmt::format("{:02x}", digest[i]);
  return name;
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
