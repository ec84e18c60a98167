#include "daemon/runtime/secret_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>

#include "daemon/runtime/descriptor.hpp"
#include "daemon/runtime/path_owners.hpp"

namespace teal::runtime {
namespace {

Error not_regular(const std::string& path) { return {ErrorCode::invalid, path + ": is not a regular file"}; }

Error failure(const std::string& path, int number) {
  const auto text = fmt::format("{}: {}", path, std::generic_category().message(number));
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::not_found, text};
    case EACCES:
    case EPERM:
      return {ErrorCode::denied, text};
    case ENXIO:  // a socket, or a device without a driver
    case ENODEV:
      return not_regular(path);
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return {ErrorCode::invalid, text};
    default:
      return {ErrorCode::unavailable, text};
  }
}

// What the engine of a container that teald runs in has put there for it alone.
bool is_container_secret(int descriptor) {
  std::array<char, 4096> target{};
  const auto link = fmt::format("/proc/self/fd/{}", descriptor);
  const auto length = ::readlink(link.c_str(), target.data(), target.size());
  if (length <= 0) return false;
  const std::string_view path{target.data(), static_cast<std::size_t>(length)};
  struct ::statvfs mount{};
  return (path.starts_with("/run/secrets/") || path.starts_with("/var/run/secrets/")) &&
         ::fstatvfs(descriptor, &mount) == 0 && (mount.f_flag & ST_RDONLY) != 0;
}

std::optional<Error> refuse_mode(const std::string& path, int descriptor, const struct ::stat& status,
                                 Readers readers) {
  const auto mode = static_cast<unsigned>(status.st_mode) & 07777U;
  const auto refused = [&](std::string_view what, std::string_view change) {
    return Error{ErrorCode::denied, fmt::format("{}: mode {:04o}: {}; chmod {} {}", path, mode, what, change, path)};
  };
  if ((mode & 02U) != 0) return refused("others can write it", "o-w");
  const bool is_foreign_group = status.st_gid != 0 && status.st_gid != ::getegid();
  if ((mode & 020U) != 0 && is_foreign_group) return refused("its group can write it", "g-w");
  if (readers == Readers::Anyone) return std::nullopt;
  if ((mode & 04U) != 0 && !is_container_secret(descriptor)) return refused("others can read it", "o-rwx");
  if ((mode & 020U) != 0) return refused("its group can write it", "g-w");
  const bool only_ours = status.st_uid == ::geteuid() && status.st_uid != 0;
  if ((mode & 040U) != 0 && only_ours) return refused("its group can read it", "g-rwx");
  return std::nullopt;
}

// `command > file` empties the file first, and the command may take its time.
std::optional<Error> refuse_just_emptied(const std::string& path, const struct ::stat& status) {
  constexpr std::int64_t doubtful_seconds = 2;
  const auto age = static_cast<std::int64_t>(::time(nullptr)) - static_cast<std::int64_t>(status.st_mtim.tv_sec);
  if (age < 0 || age >= doubtful_seconds) return std::nullopt;
  return Error{ErrorCode::unavailable,
               fmt::format("{}: is empty and was written just now: it is read again in a moment", path)};
}

std::optional<Error> refuse(const std::string& path, int descriptor, const struct ::stat& status, std::size_t most,
                            Readers readers) {
  if (!S_ISREG(status.st_mode)) return not_regular(path);
  if (auto refused = refuse_mode(path, descriptor, status, readers)) return refused;
  if (std::cmp_greater(status.st_size, most)) {
    return Error{ErrorCode::invalid, fmt::format("{}: is larger than {} bytes", path, most)};
  }
  return std::nullopt;
}

}  // namespace

Result<masking::Secret> read_secret_file(const std::string& path, std::size_t most, Readers readers) {
  if (path.find('\0') != path.npos) return Error{ErrorCode::invalid, "a file's path holds a NUL byte"};
  // O_NONBLOCK: a FIFO without a writer would be waited for; on regular files it means nothing.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.number() < 0) return failure(path, errno);
  struct ::stat status{};
  if (::fstat(file.number(), &status) != 0) return failure(path, errno);
  if (auto refused = refuse(path, file.number(), status, most, readers)) return std::move(*refused);
  if (auto judged = judge_path_owners(path, status); !judged) return judged.error();

  // One byte more than allowed, since the size may say 0 (/proc) or the file may grow while it is read. Never resized:
  // that would leave a copy behind that nobody wipes.
  std::string text(most + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const auto count = ::read(file.number(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(path, errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  if (length == 0) {
    if (auto refused = refuse_just_emptied(path, status)) return std::move(*refused);
  }
  text.resize(length);
  masking::Secret secret{std::move(text)};
  if (length > most) return Error{ErrorCode::invalid, fmt::format("{}: is larger than {} bytes", path, most)};
  return secret;
}

Result<std::string> path_of_secret(const std::string& text) {
  if (text.starts_with('/')) return text;
  std::string_view name = text;
  for (const std::string_view prefix : {"$CREDENTIALS_DIRECTORY/", "${CREDENTIALS_DIRECTORY}/"}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') {
    return Error{ErrorCode::not_found,
                 fmt::format("systemd credential {}: teald was started without any ($CREDENTIALS_DIRECTORY is not "
                             "set): add LoadCredential={}:/path/of/its/file to teald.service, or give an absolute path",
                             name, name)};
  }
  return fmt::format("{}/{}", folder, name);
}

}  // namespace teal::runtime
