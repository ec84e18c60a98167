// The content of a notification.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controllers/records/event.hpp"
#include "controllers/records/record.hpp"
#include "daemon/drivers/notifications/notice.hpp"

namespace teal::notifications {

[[nodiscard]] std::string_view to_string(Notice notice);

struct Notification {
  std::string id;  // the same on every try, after a restart too: receivers drop what they have seen
  Notice type = Notice::RolloutFailed;
  records::Event event;      // what it comes from
  std::string rollout;       // "shop-7"
  std::string from_version;  // empty when not known, or on a first installation
  std::string to_version;
};

// What an event is to people outside: none, for nearly all of them.
[[nodiscard]] std::optional<Notice> notice_of(const records::Event& event);

// `record`: the event's rollout, when it is still on record.
[[nodiscard]] Notification make_notification(Notice type, const records::Event& event,
                                             const std::optional<records::RolloutRecord>& record);

// The revision in "Rollout/shop-7"; none when that is not what `object` is.
[[nodiscard]] std::optional<int> revision_of(const records::Event& event);

}  // namespace teal::notifications
