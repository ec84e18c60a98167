// A notification as a request body; deploy/notifications/README.md shows both formats.
#pragma once

#include <string>

#include "daemon/drivers/notifications/notification.hpp"

namespace teal::webhook {

enum class WebhookFormat {
  Json,   // everything, for programs
  Slack,  // {"text": …}, understood by Slack and what is compatible to it (Mattermost, Rocket.Chat, Discord's /slack)
};

[[nodiscard]] std::string body_of(const notifications::Notification& notification, WebhookFormat format);

}  // namespace teal::webhook
