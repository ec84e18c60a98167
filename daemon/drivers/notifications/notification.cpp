#include "daemon/drivers/notifications/notification.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <charconv>

#include "manifests/foundation/text.hpp"
#include "manifests/json_text.hpp"

namespace teal {
namespace {

constexpr std::string_view rollout_kind = "Rollout/";
constexpr std::string_view paused = "Paused";  // no phase: a rollout stands still in the one that it is in
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

std::string_view headline(Notice notice) {
  switch (notice) {
    case Notice::RolloutFailed:
      return "failed";
    case Notice::RolloutCompleted:
      return "is complete";
    case Notice::ApprovalNeeded:
      return "waits for approval";
    case Notice::RolloutPaused:
      return "is paused";
  }
  return "";
}

std::string slack_body(const Notification& notification) {
  auto text = fmt::format("*{}*: rollout {} {}", slack_text(notification.event.application),
                          slack_text(notification.rollout), headline(notification.type));
  if (!notification.to_version.empty()) {
    const auto from = notification.from_version.empty() ? "new" : notification.from_version;
    text += fmt::format(" ({} → {})", slack_text(from), slack_text(notification.to_version));
  }
  text += ": " + slack_text(shortened(notification.event.message));
  boost::json::object body;
  body["text"] = text;
  return json_text(body);
}

std::string json_body(const Notification& notification) {
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
  body["reason"] = notification.event.reason;
  body["message"] = shortened(notification.event.message);
  return json_text(body);
}

}  // namespace

std::string_view to_string(Notice notice) {
  switch (notice) {
    case Notice::RolloutFailed:
      return "RolloutFailed";
    case Notice::RolloutCompleted:
      return "RolloutCompleted";
    case Notice::ApprovalNeeded:
      return "ApprovalNeeded";
    case Notice::RolloutPaused:
      return "RolloutPaused";
  }
  return "";
}

std::optional<Notice> notice_of(const Event& event) {
  if (!event.object.starts_with(rollout_kind)) return std::nullopt;
  if (event.reason == to_string(Phase::Complete)) return Notice::RolloutCompleted;
  if (event.reason == to_string(Phase::RolledBack)) return Notice::RolloutFailed;
  if (event.reason == to_string(Phase::Failed)) return Notice::RolloutFailed;
  if (event.reason == to_string(Phase::AwaitingApproval)) return Notice::ApprovalNeeded;
  if (event.reason == paused) return Notice::RolloutPaused;
  return std::nullopt;
}

std::optional<int> revision_of(const Event& event) {
  const auto prefix = fmt::format("{}{}-", rollout_kind, event.application);
  if (!event.object.starts_with(prefix)) return std::nullopt;
  int revision = 0;
  const char* end = event.object.data() + event.object.size();
  const auto read = std::from_chars(event.object.data() + prefix.size(), end, revision);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return revision;
}

Notification make_notification(Notice type, const Event& event, const std::optional<RolloutRecord>& record) {
  Notification made;
  made.type = type;
  made.event = event;
  made.rollout = event.object.substr(rollout_kind.size());
  made.id = fmt::format("{}/{}", made.rollout, to_string(type));
  if (record) {
    made.from_version = record->course.from_version;
    made.to_version = record->course.target.application.spec.version;
    // An application that was deleted and made anew counts its revisions from 1 again.
    made.id += fmt::format("/{}", record->started_at.time_since_epoch().count());
  }
  // A rollout ends once, but may be paused again.
  if (type == Notice::RolloutPaused) made.id += fmt::format("/{}", event.time.time_since_epoch().count());
  return made;
}

std::string body_of(const Notification& notification, WebhookFormat format) {
  switch (format) {
    case WebhookFormat::Json:
      return json_body(notification);
    case WebhookFormat::Slack:
      return slack_body(notification);
  }
  return {};
}

}  // namespace teal
