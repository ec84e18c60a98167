#include "daemon/drivers/notifications/notification.hpp"

#include <fmt/format.h>

#include <charconv>

namespace teal::notifications {
namespace {

constexpr std::string_view rollout_kind = "Rollout/";

}  // namespace

std::string_view to_string(Notice notice) { return name_of(notice); }

std::optional<Notice> notice_of(const records::Event& event) {
  if (!event.object.starts_with(rollout_kind)) return std::nullopt;
  switch (event.reason.word()) {
    case spec::Reason::Complete:
      return Notice::RolloutCompleted;
    case spec::Reason::RolledBack:
    case spec::Reason::Failed:
      return Notice::RolloutFailed;
    case spec::Reason::AwaitingApproval:
      return Notice::ApprovalNeeded;
    case spec::Reason::Paused:
      return Notice::RolloutPaused;
    default:
      return std::nullopt;
  }
}

std::optional<int> revision_of(const records::Event& event) {
  const auto prefix = fmt::format("{}{}-", rollout_kind, event.application);
  if (!event.object.starts_with(prefix)) return std::nullopt;
  int revision = 0;
  const char* end = event.object.data() + event.object.size();
  const auto read = std::from_chars(event.object.data() + prefix.size(), end, revision);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return revision;
}

Notification make_notification(Notice type, const records::Event& event,
                               const std::optional<records::RolloutRecord>& record) {
  Notification made;
  made.type = type;
  made.event = event;
  made.rollout = event.object.substr(rollout_kind.size());
  made.id = fmt::format("{}/{}", made.rollout, to_string(type));
  if (record) {
    made.from_version = record->course.from_version;
    made.to_version = record->course.target.application.spec.version;
    // An application that was deleted and recreated counts its revisions from 1 again.
    made.id += fmt::format("/{}", record->started_at.time_since_epoch().count());
  }
  // A rollout ends once, but may be paused again.
  if (type == Notice::RolloutPaused) made.id += fmt::format("/{}", event.time.time_since_epoch().count());
  return made;
}

}  // namespace teal::notifications
