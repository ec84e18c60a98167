#include "daemon/drivers/load_balancers/haproxy/managed/edge_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "daemon/runtime/descriptor.hpp"
#include "daemon/runtime/trusted_path.hpp"

namespace teal::haproxy {
namespace {

constexpr std::size_t longest_file = 64 << 20;

Error file_error(const std::string& path, int number) {
  const auto code = number == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
  return {code, fmt::format("{}: {}", path, std::generic_category().message(number))};
}

bool write_whole(int file, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto written = ::write(file, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return ::fsync(file) == 0;
}

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  FileStamp stamp;
  stamp.inode = found.st_ino;
  stamp.changed = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
  stamp.size = found.st_size;
  return stamp;
}

Result<std::string> read_file(const std::string& path) {
  const runtime::Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number() < 0) return file_error(path, errno);
  auto text = runtime::read_text(file.number(), longest_file);
  if (!text) return within(path, text.error());
  return text;
}

Result<void> write_file(const std::string& path, const std::string& text, unsigned mode) {
  // Under another name first: what HAProxy loads is the whole file or the one before.
  const auto draft = path + ".new";
  ::unlink(draft.c_str());
  const runtime::Descriptor file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (file.number() < 0) return file_error(draft, errno);
  if (::fchmod(file.number(), mode) != 0 || !write_whole(file.number(), text)) return file_error(draft, errno);
  if (::rename(draft.c_str(), path.c_str()) != 0) return file_error(path, errno);
  const auto folder = std::filesystem::path{path}.parent_path();
  const runtime::Descriptor parent{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (parent.number() >= 0) ::fsync(parent.number());
  return {};
}

Result<void> make_folder(const std::string& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return file_error(path, error.value());
  if (made) ::chmod(path.c_str(), 0750);
  return {};
}

}  // namespace teal::haproxy
