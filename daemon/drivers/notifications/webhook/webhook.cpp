#include "daemon/drivers/notifications/webhook/webhook.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "daemon/drivers/notifications/webhook/delivery.hpp"

namespace teal {
namespace {

using boost::asio::awaitable;

class Webhook final : public NotificationChannel {
 public:
  Webhook(boost::asio::any_io_executor executor, WebhookOptions options, Secrets& secrets, const Clock& clock)
      : executor_(std::move(executor)), options_(std::move(options)), secrets_(secrets), clock_(clock) {}

  std::string identity() const override {
    const auto text = fmt::format("{}:{}", static_cast<int>(options_.url.kind), options_.url.text);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::string name;
    for (std::size_t i = 0; i < 8; ++i) name += fmt::format("{:02x}", digest[i]);
    return name;
  }

  // Address and secret are read each time: a file that was put right, or rotated, counts at once.
  awaitable<DeliveryOutcome> deliver(Notification notification, Duration deadline) override {
    DeliveryOutcome outcome;
    outcome.again = true;
    WebhookPost what;
    what.now = clock_.now();
    what.body = body_of(notification, options_.format);
    const auto url = co_await secrets_.read(options_.url);
    if (!url) {
      outcome.why = "webhook.url: " + url.error().message;
      co_return outcome;
    }
    auto address = parse_webhook_address(*url);
    if (!address) {
      outcome.why = address.error().message;
      co_return outcome;
    }
    if (options_.secret) {
      auto secret = co_await secrets_.read(*options_.secret);
      // Never unsigned, when it was to be signed; nor with an empty key, that everybody knows.
      if (!secret || secret->reveal().empty()) {
        outcome.why = "webhook.secret: " + (secret ? std::string{"it is empty"} : secret.error().message);
        co_return outcome;
      }
      what.secret = std::move(*secret);
    }
    co_return co_await post(executor_, std::move(*address), std::move(what), deadline);
  }

 private:
  boost::asio::any_io_executor executor_;
  WebhookOptions options_;
  Secrets& secrets_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<NotificationChannel> make_webhook(boost::asio::any_io_executor executor, WebhookOptions options,
                                                  Secrets& secrets, const Clock& clock) {
  return std::make_unique<Webhook>(std::move(executor), std::move(options), secrets, clock);
}

}  // namespace teal
