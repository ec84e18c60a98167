#include "daemon/drivers/notifications/webhook/body.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "manifests/foundation/text.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::webhook {
namespace {

constexpr std::size_t longest_message = 4000;  // chat programs cut or refuse more

// Slack's own rule: these three, and nothing else, are control characters of its text.
std::string slack_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string shortened(std::string_view text) {
  if (text.size() <= longest_message) return std::string{text};
  return std::string{first_bytes(text, longest_message)} + "…";
}

std::string_view headline(notifications::Notice notice) {
  switch (notice) {
    case notifications::Notice::RolloutFailed:
      return "failed";
    case notifications::Notice::RolloutCompleted:
      return "is complete";
    case notifications::Notice::ApprovalNeeded:
      return "waits for approval";
    case notifications::Notice::RolloutPaused:
      return "is paused";
  }
  return "";
}

std::string slack_body(const notifications::Notification& notification) {
  auto text = fmt::format("*{}*: rollout {} {}", slack_text(notification.event.application),
                          slack_text(notification.rollout), headline(notification.type));
  if (!notification.to_version.empty()) {
    const auto from = notification.from_version.empty() ? "new" : notification.from_version;
    text += fmt::format(" ({} → {})", slack_text(from), slack_text(notification.to_version));
  }
  text += ": " + slack_text(shortened(notification.event.message));
  boost::json::object body;
  body["text"] = text;
  return wire::json_text(body);
}

std::string json_body(const notifications::Notification& notification) {
  boost::json::object body;
  body["apiVersion"] = "teal/v1";
  body["kind"] = "Notification";
  body["id"] = notification.id;
  body["type"] = to_string(notification.type);
  body["time"] = format_time(notification.event.time);
  body["application"] = notification.event.application;
  body["rollout"] = notification.rollout;
  body["fromVersion"] = notification.from_version;
  body["toVersion"] = notification.to_version;
  body["reason"] = to_string(notification.event.reason);
  body["message"] = shortened(notification.event.message);
  return wire::json_text(body);
}

}  // namespace

std::string body_of(const notifications::Notification& notification, WebhookFormat format) {
  switch (format) {
    case WebhookFormat::Json:
      return json_body(notification);
    case WebhookFormat::Slack:
      return slack_body(notification);
  }
  return {};
}

}  // namespace teal::webhook
