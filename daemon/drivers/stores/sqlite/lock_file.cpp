#include "daemon/drivers/stores/sqlite/lock_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "daemon/drivers/stores/sqlite/connection.hpp"
#include "daemon/runtime/trusted_path.hpp"

namespace teal::sqlite {
namespace {

std::string holder(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  const bool is_number = !pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? "process " + pid : std::string("another process");
}

// The lock of a teald that was just killed was seen to outlive it for a moment, as a program that it is starting would
// make it.
bool lock(int file) {
  constexpr auto at_most = std::chrono::seconds{2};
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return true;
}

// A lock of ours and nothing else: what is written into it replaces what it holds.
bool is_lock(int file) {
  struct ::stat status{};
  return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
         (status.st_uid == 0 || status.st_uid == ::geteuid());
}

}  // namespace

LockFile::LockFile(const std::string& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600)) {
  const int code = errno;
  if ((file_ < 0 && code == ELOOP) || (file_ >= 0 && !is_lock(file_))) {
    if (file_ >= 0) ::close(file_);
    throw Failure(
        {ErrorCode::denied, fmt::format("{}: is a link, or no file of teald's own: look what it is, then rm {}", path,
                                        runtime::shell_word(path))});
  }
  if (file_ < 0) {
    const bool missing = code == ENOENT || code == ENOTDIR;
    throw Failure({missing ? ErrorCode::not_found : ErrorCode::denied,
                   fmt::format("{}: cannot be created: {}", path, std::generic_category().message(code))});
  }
  if (!lock(file_)) {
    const int refused = errno;
    const std::string who = holder(file_);
    ::close(file_);
    if (refused == EWOULDBLOCK) {
      throw Failure(
          {ErrorCode::conflict,
           fmt::format("{}: {} has this database open: one teald a database, stop the other one first", path, who)});
    }
    throw Failure({ErrorCode::unavailable,
                   fmt::format("{}: cannot be locked: {}", path, std::generic_category().message(refused))});
  }
  // The pid is for that message only; failing to write it (a full disk) is no reason to stop.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(file_, pid.data(), pid.size(), 0);
}

// The file stays: removing it could take away a lock that somebody else has just got.
LockFile::~LockFile() { ::close(file_); }

}  // namespace teal::sqlite
