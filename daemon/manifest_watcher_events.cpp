#include "daemon/manifest_watcher_events.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "manifests/parse/manifest_name.hpp"

namespace teal::daemon {
namespace {

std::optional<FolderEvent> meaning_of(const inotify_event& event, std::string_view name) {
  using Kind = FolderEvent::Kind;
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) return FolderEvent{Kind::Lost, {}};
  // The folder's own attributes: whoever may write it now decides whether it is read.
  if (name.empty()) return (event.mask & IN_ATTRIB) != 0 ? std::optional{FolderEvent{Kind::Folder, {}}} : std::nullopt;
  if (!yaml::is_manifest_name(name)) {
    // Only what came or went: an editor writes its swap files all the time.
    if ((event.mask & (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE)) != 0) return std::nullopt;
    return FolderEvent{Kind::Folder, {}};
  }
  std::string file{name};
  if ((event.mask & IN_CREATE) != 0) return FolderEvent{Kind::Created, std::move(file)};
  if ((event.mask & IN_MODIFY) != 0) return FolderEvent{Kind::Written, std::move(file)};
  if ((event.mask & IN_ATTRIB) != 0) return FolderEvent{Kind::Touched, std::move(file)};
  return FolderEvent{Kind::Whole, std::move(file)};
}

}  // namespace

std::vector<FolderEvent> take_events(int descriptor, int watch) {
  std::vector<FolderEvent> events;
  alignas(inotify_event) std::array<char, 16 << 10> buffer;
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return events;
    const char* at = buffer.data();
    for (const char* const end = at + count; at < end;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;  // padded with NULs up to `len`
      at = name + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) events.push_back(FolderEvent{FolderEvent::Kind::Overflow, {}});
      if (event.wd != watch) continue;
      if (auto meaning = meaning_of(event, {name, ::strnlen(name, event.len)})) events.push_back(std::move(*meaning));
    }
  }
}

}  // namespace teal::daemon
