// `notifications: [{webhook: {url: …, format: json, secret: …}, on: […]}]`
#include <array>
#include <span>

#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/notifications/webhook/webhook.hpp"

namespace teal::webhook {

// Found by the templates of manifests/parse/reader.hpp beside the type that it reads.
static std::span<const Name<WebhookFormat>> names_of(WebhookFormat) {
  static constexpr std::array<Name<WebhookFormat>, 2> table{
      {{WebhookFormat::Json, "json"}, {WebhookFormat::Slack, "slack"}}};
  return table;
}

WebhookOptions read_webhook(const yaml::Field& field) {
  WebhookOptions options;
  yaml::Section section{field};
  config::read_source(section.need("url"), options.url);
  yaml::read(section.get("format"), options.format);
  if (spec::ValueSource secret; config::read_source(section.get("secret"), secret)) options.secret = std::move(secret);
  section.finish();
  return options;
}

}  // namespace teal::webhook

namespace teal::drivers {

void register_notification_webhook(Drivers& drivers) {
  Driver<Make<Part<notifications::NotificationChannel>>> driver;
  driver.key = "webhook";
  driver.read = [](const yaml::Field& field) {
    return [options = webhook::read_webhook(field)](
               DriverContext context) -> Result<Part<notifications::NotificationChannel>> {
      return Part<notifications::NotificationChannel>{
          make_webhook(std::move(context.executor), options, *context.secrets, *context.clock)};
    };
  };
  drivers.notifications.push_back(std::move(driver));
}

}  // namespace teal::drivers
