#include "daemon/manifest_watcher_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "daemon/runtime/descriptor.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/parse/manifest_name.hpp"

namespace teal::daemon {
namespace {

constexpr std::size_t most_bytes = (1 << 20) + 1;  // one more than the parser allows, so that it says so

std::string message_of(int number) { return std::generic_category().message(number); }

// The folder held open, so that all files of one reading are of the same folder even if its name is re-pointed.
struct Folder {
  explicit Folder(const std::string& path) {
    auto opened = runtime::open_trusted(path, runtime::PathKind::Folder);
    struct ::stat status{};
    if (!opened) {
      reading.problem = fmt::format("{}: {}", path, opened.error().message);
    } else if (::fstat(opened->number(), &status) != 0) {
      reading.problem = fmt::format("{}: {}", path, message_of(errno));
    } else {
      file.take(opened->release());
      reading.identity = {status.st_dev, status.st_ino};
    }
  }
  runtime::Descriptor file;
  FolderReading reading;
};

// The finest clock of a file system that ticks coarsely, and of a change that is under way.
constexpr std::int64_t long_enough_at_rest = 2'000'000'000;  // nanoseconds

std::int64_t nanoseconds(const ::timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

FileStamp stamp_of(const struct ::stat& status) {
  ::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto changed = nanoseconds(status.st_ctim);
  return {status.st_dev,  status.st_ino,
          status.st_size, nanoseconds(status.st_mtim),
          changed,        changed + long_enough_at_rest < nanoseconds(now)};
}

admission::ManifestState read_manifest(int folder, const std::string& path, const std::string& name,
                                       FolderReading& reading) {
  admission::ManifestState state;
  state.path = path + "/" + name;
  const auto file = runtime::open_trusted(name, runtime::PathKind::File, folder);
  if (file) {
    struct ::stat status{};
    const bool has_stamp = ::fstat(file->number(), &status) == 0;
    if (has_stamp) reading.stamps.emplace(name, stamp_of(status));
    auto text = runtime::read_text(file->number(), most_bytes);
    if (text) state.text = std::move(*text);
    if (!text) state.problem = text.error().message;
  } else if (file.error().code == ErrorCode::not_found) {
    state.exists = false;
  } else {
    state.problem = file.error().message;
  }
  return state;
}

bool is_unchanged(int folder, const std::string& name, const FileStamp& known) {
  struct ::stat status{};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  return S_ISREG(status.st_mode) && known.shows_the_same(stamp_of(status));
}

bool came_complete(int folder, const std::string& name) {
  struct ::stat status{};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return true;
  return !S_ISREG(status.st_mode) || status.st_nlink > 1;
}

}  // namespace

FolderReading read_folder(const std::string& folder, const StampOf& known) {
  Folder opened{folder};
  auto& reading = opened.reading;
  if (!reading.problem.empty()) return reading;
  const runtime::Descriptor files{::openat(opened.file.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  DIR* listing = ::fdopendir(opened.file.release());
  if (listing == nullptr || files.number() < 0) {
    reading.problem = fmt::format("{}: {}", folder, message_of(errno));
    if (listing != nullptr) ::closedir(listing);
    return reading;
  }
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(listing)) {
    if (yaml::is_manifest_name(entry->d_name)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  // Half a listing would make the other half look deleted.
  if (errno != 0) reading.problem = fmt::format("{}: {}", folder, message_of(errno));
  ::closedir(listing);
  std::ranges::sort(names);
  for (const auto& name : names) {
    const auto stamp = known ? known(name) : std::nullopt;
    if (stamp && is_unchanged(files.number(), name, *stamp)) {
      reading.unchanged.push_back(name);
      continue;
    }
    auto state = read_manifest(files.number(), folder, name, reading);
    if (state.exists)
      reading.files.push_back(std::move(state));
    else
      reading.dangling.push_back(std::move(state.path));
  }
  return reading;
}

FolderReading read_files(const std::string& folder, const std::vector<Asked>& names) {
  Folder opened{folder};
  auto& reading = opened.reading;
  if (!reading.problem.empty()) return reading;
  for (const auto& asked : names) {
    if (asked.created && !came_complete(opened.file.number(), asked.name)) {
      reading.being_written.push_back(asked.name);
    } else {
      reading.files.push_back(read_manifest(opened.file.number(), folder, asked.name, reading));
    }
  }
  return reading;
}

FolderWatch::FolderWatch() : descriptor_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

FolderWatch::~FolderWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int FolderWatch::watch(const std::string& folder, int previous) const {
  if (descriptor_ < 0) {
    errno = EMFILE;
    return -1;
  }
  if (previous >= 0) ::inotify_rm_watch(descriptor_, previous);
  return ::inotify_add_watch(descriptor_, folder.c_str(),
                             IN_ONLYDIR | IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_TO |
                                 IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF);
}

}  // namespace teal::daemon
