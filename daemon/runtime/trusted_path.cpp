#include "daemon/runtime/trusted_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>

#include "manifests/foundation/text.hpp"

namespace teal::runtime {
namespace {

constexpr int most_links = 40;  // the kernel's own limit
constexpr int folder_flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

using Status = struct ::stat;

Error failure(int number) {
  const auto text = std::generic_category().message(number);
  if (number == ENOENT) return {ErrorCode::not_found, text};
  if (number == EACCES || number == EPERM) return {ErrorCode::denied, text};
  if (number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG || number == EINVAL)
    return {ErrorCode::invalid, text};
  if (number == ENXIO || number == ENODEV) return {ErrorCode::invalid, "is not a regular file"};
  return {ErrorCode::unavailable, text};
}

std::string kernel_name(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

// As it is called now; the kernel knows, whatever links led here.
std::string path_of(int descriptor) {
  std::array<char, PATH_MAX> path{};
  const auto length = ::readlink(kernel_name(descriptor).c_str(), path.data(), path.size());
  return length > 0 ? std::string{path.data(), static_cast<std::size_t>(length)} : std::string{"."};
}

std::string entry_path(int folder, const std::string& name) {
  const auto path = path_of(folder);
  return path.ends_with('/') ? path + name : path + "/" + name;
}

std::string user(::uid_t id) {
  std::array<char, 4096> texts{};
  ::passwd entry{};
  ::passwd* found = nullptr;
  if (::getpwuid_r(id, &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr)
    return fmt::format("{} (uid {})", found->pw_name, id);
  return fmt::format("uid {}", id);
}

bool is_ours(const Status& status) { return status.st_uid == 0 || status.st_uid == ::geteuid(); }

bool has_list_of_others(int descriptor) {
  return ::getxattr(kernel_name(descriptor).c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

struct Writers {
  bool others = false;
  bool group = false;
  bool listed = false;  // by an access control list, whose mask is what the mode shows as the group's

  [[nodiscard]] bool any() const { return others || group || listed; }
};

Writers writers_of(const Status& status, int descriptor) {
  Writers writers;
  writers.others = (status.st_mode & S_IWOTH) != 0;
  if ((status.st_mode & S_IWGRP) != 0) {
    writers.listed = has_list_of_others(descriptor);
    writers.group = !writers.listed && status.st_gid != 0 && status.st_gid != ::getegid();
  }
  return writers;
}

bool is_read_only_in_a_pod(int descriptor) {
  struct ::statvfs mount{};
  return std::getenv("KUBERNETES_SERVICE_HOST") != nullptr && ::fstatvfs(descriptor, &mount) == 0 &&
         (mount.f_flag & ST_RDONLY) != 0;
}

// Where the refused thing stands to what was asked for.
enum class Place { Asked, OnTheWay, AtTheEnd };

std::string place_words(Place place, const char* what, const std::string& path) {
  if (place == Place::Asked) return {};
  return fmt::format("{} the {} {}: ", place == Place::OnTheWay ? "is reached through" : "leads to", what,
                     printable_path(path));
}

Error refusal(const std::string& path, const Status& status, const Writers& writers, Place place) {
  const auto word = shell_word(path);
  const bool is_link = S_ISLNK(status.st_mode);
  const char* what = is_link ? "link" : S_ISDIR(status.st_mode) ? "folder" : "file";
  std::string wrong;
  std::string mend;
  if (!is_ours(status)) {
    wrong = ::geteuid() == 0 ? std::string{"only root may own it"}
                             : fmt::format("only root or {} may own it", user(::geteuid()));
    mend = fmt::format("chown {}root {}", is_link ? "-h " : "", word);
  }
  if (writers.any()) {
    const bool group = writers.group || writers.listed;
    if (!wrong.empty()) wrong += ", ", mend += " && ";
    wrong += writers.others && group ? "its group and others can write it"
             : writers.others        ? "others can write it"
             : writers.listed        ? "its access control list lets others write it"
                                     : fmt::format("its group (gid {}) can write it", status.st_gid);
    mend += fmt::format("chmod {}-w {}", writers.others && group ? "go" : writers.others ? "o" : "g", word);
  }
  // What everybody may write by design, /tmp, must stay so.
  if (writers.any() && S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0)
    mend = "keep it in a folder of its own, as below /etc/teal";
  return {ErrorCode::denied,
          fmt::format("{}owner {}, mode {:04o}: {}; {}", place_words(place, what, path), user(status.st_uid),
                      static_cast<unsigned>(status.st_mode) & 07777U, wrong, mend)};
}

class Walk {
 public:
  Walk(std::string_view path, PathKind kind, int base) : kind_(kind), base_(base) { push(path); }

  Result<Descriptor> run() {
    if (auto begun = begin()) return std::move(*begun);
    while (!rest_.empty()) {
      const auto name = std::move(rest_.front());
      rest_.pop_front();
      if (auto problem = step(name)) return std::move(*problem);
      if (file_.is_open()) return std::move(file_);
    }
    if (kind_ == PathKind::File) return Error{ErrorCode::invalid, "is not a regular file"};
    return open_folder();
  }

 private:
  using Problem = std::optional<Error>;

  void push(std::string_view path) {
    absolute_ = path.starts_with('/');
    std::deque<std::string> names;
    while (!path.empty()) {
      const auto end = std::min(path.find('/'), path.size());
      const auto name = path.substr(0, end);
      if (!name.empty() && name != ".") names.emplace_back(name);
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    rest_.insert(rest_.begin(), names.begin(), names.end());
  }

  Problem begin() {
    if (absolute_ || base_ < 0) return enter(::open(absolute_ ? "/" : ".", O_PATH | folder_flags));
    return enter(::openat(base_, ".", O_PATH | folder_flags));
  }

  Problem enter(int folder) {
    if (folder < 0) return failure(errno);
    folder_.take(folder);
    return std::nullopt;
  }

  Problem step(const std::string& name) {
    if (name == "..") return enter(::openat(folder_.number(), "..", O_PATH | folder_flags));
    Status entry{};
    if (::fstatat(folder_.number(), name.c_str(), &entry, AT_SYMLINK_NOFOLLOW) != 0) return failure(errno);
    if (auto refused = judge_folder(&entry)) return refused;
    if (S_ISLNK(entry.st_mode)) return follow(name, entry);
    if (rest_.empty() && kind_ == PathKind::File) return open_file(name, entry);
    return enter(::openat(folder_.number(), name.c_str(), O_PATH | folder_flags));
  }

  Problem follow(const std::string& name, const Status& link) {
    if (!is_ours(link)) return refusal(entry_path(folder_.number(), name), link, {}, Place::OnTheWay);
    if (++links_ > most_links) return failure(ELOOP);
    std::array<char, PATH_MAX> target{};
    const auto length = ::readlinkat(folder_.number(), name.c_str(), target.data(), target.size());
    if (length < 0) return failure(errno);
    push({target.data(), static_cast<std::size_t>(length)});
    return absolute_ ? begin() : Problem{};
  }

  // The folder that we are in, where `entry` was found; without one it is what was looked for.
  Problem judge_folder(const Status* entry) {
    Status status{};
    if (::fstat(folder_.number(), &status) != 0) return failure(errno);
    auto writers = writers_of(status, folder_.number());
    const bool sticky = (status.st_mode & S_ISVTX) != 0;
    const bool stays =
        entry != nullptr && is_ours(*entry) && (S_ISDIR(entry->st_mode) || (S_ISREG(entry->st_mode) && links_ == 0));
    if ((sticky && stays) || is_read_only_in_a_pod(folder_.number())) writers = {};
    if (is_ours(status) && !writers.any()) return std::nullopt;
    return refusal(path_of(folder_.number()), status, writers, entry != nullptr ? Place::OnTheWay : end());
  }

  Problem open_file(const std::string& name, const Status& entry) {
    if (!S_ISREG(entry.st_mode)) return Error{ErrorCode::invalid, "is not a regular file"};
    // O_NONBLOCK: by now it may be a FIFO; on regular files it means nothing.
    Descriptor file{
        ::openat(folder_.number(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)};
    Status status{};
    if (!file.is_open() || ::fstat(file.number(), &status) != 0) return failure(errno);
    if (!S_ISREG(status.st_mode)) return Error{ErrorCode::invalid, "is not a regular file"};
    const auto writers = writers_of(status, file.number());
    if (!is_ours(status) || writers.any()) return refusal(entry_path(folder_.number(), name), status, writers, end());
    file_.take(file.release());
    return std::nullopt;
  }

  Result<Descriptor> open_folder() {
    if (auto refused = judge_folder(nullptr)) return std::move(*refused);
    Descriptor folder{::openat(folder_.number(), ".", O_RDONLY | folder_flags)};
    if (!folder.is_open()) return failure(errno);
    return folder;
  }

  [[nodiscard]] Place end() const { return links_ > 0 ? Place::AtTheEnd : Place::Asked; }

  PathKind kind_;
  int base_;
  bool absolute_ = false;
  int links_ = 0;
  std::deque<std::string> rest_;  // names still to be looked up
  Descriptor folder_;             // where the next one is
  Descriptor file_;
};

bool is_plain(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view{"/._-+:,@%="}.find(c) != std::string_view::npos;
}

}  // namespace

Result<Descriptor> open_trusted(std::string_view path, PathKind kind, int base) {
  if (path.empty()) return failure(ENOENT);
  return Walk{path, kind, base}.run();
}

Result<void> judge_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? std::string{"."} : path.substr(0, std::max<std::size_t>(slash, 1));
  const auto opened = open_trusted(folder, PathKind::Folder);
  if (!opened) return within(printable_path(folder), opened.error());
  return {};
}

Result<std::string> read_text(int file, std::size_t most) {
  // A text takes no more memory than it needs, as many are kept: read into a buffer of this call's own.
  std::array<char, 16 << 10> piece;
  std::string text;
  while (text.size() < most) {
    const auto count = ::read(file, piece.data(), std::min(piece.size(), most - text.size()));
    const int number = errno;
    if (count == 0) break;
    if (count < 0 && number != EINTR) return failure(number);
    if (count > 0) text.append(piece.data(), static_cast<std::size_t>(count));
  }
  text.shrink_to_fit();
  return text;
}

std::string shell_word(std::string_view path) {
  if (!path.empty() && !path.starts_with('-') && std::ranges::all_of(path, is_plain)) return std::string{path};
  if (printable(path) == path && path.find('\'') == std::string_view::npos) return fmt::format("'{}'", path);
  std::string word = "$'";
  for (const char c : path) {
    if (is_plain(c) || c == ' ') {
      word += c;
    } else {
      word += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return word + "'";
}

}  // namespace teal::runtime
