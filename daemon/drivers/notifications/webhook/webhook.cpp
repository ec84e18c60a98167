#include "daemon/drivers/notifications/webhook/webhook.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/drivers/notifications/webhook/delivery.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::webhook {
namespace {

using boost::asio::awaitable;

class Webhook final : public notifications::NotificationChannel {
 public:
  Webhook(boost::asio::any_io_executor executor, WebhookOptions options, ports::Secrets& secrets,
          const ports::Clock& clock)
      : executor_(std::move(executor)), options_(std::move(options)), secrets_(secrets), clock_(clock) {}

  std::string identity() const override {
    return sha256_hex(fmt::format("{}:{}", static_cast<int>(options_.url.kind), options_.url.text)).substr(0, 16);
  }

  // Address and secret are read each time: a file that was put right, or rotated, counts at once.
  awaitable<notifications::DeliveryOutcome> deliver(notifications::Notification notification,
                                                    Duration deadline) override {
    notifications::DeliveryOutcome outcome;
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
  ports::Secrets& secrets_;
  const ports::Clock& clock_;
};

}  // namespace

std::unique_ptr<notifications::NotificationChannel> make_webhook(boost::asio::any_io_executor executor,
                                                                 WebhookOptions options, ports::Secrets& secrets,
                                                                 const ports::Clock& clock) {
  return std::make_unique<Webhook>(std::move(executor), std::move(options), secrets, clock);
}

}  // namespace teal::webhook
