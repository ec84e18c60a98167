// A webhook as a NotificationChannel: one POST per notification, optionally signed.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/secrets.hpp"
#include "daemon/drivers/notifications/channel.hpp"
#include "daemon/drivers/notifications/webhook/body.hpp"

namespace teal::yaml {
struct Field;
}  // namespace teal::yaml

namespace teal::webhook {

// `webhook:` of an entry of teald.yaml's `notifications`.
struct WebhookOptions {
  spec::ValueSource url;                    // often a secret in itself; read at every try, never shown
  std::optional<spec::ValueSource> secret;  // signs the body
  WebhookFormat format = WebhookFormat::Json;

  bool operator==(const WebhookOptions&) const = default;
};

[[nodiscard]] WebhookOptions read_webhook(const yaml::Field& field);

// Both outlive the channel and what it has begun.
[[nodiscard]] std::unique_ptr<notifications::NotificationChannel> make_webhook(boost::asio::any_io_executor executor,
                                                                               WebhookOptions options,
                                                                               ports::Secrets& secrets,
                                                                               const ports::Clock& clock);

}  // namespace teal::webhook
