#include "daemon/drivers/engines/docker/secret_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace teal::docker {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& path, int number) {
  const auto code = number == EACCES || number == EPERM || number == EROFS ? ErrorCode::denied : ErrorCode::unavailable;
  return {code, fmt::format("secrets as files: {}: {}", path, std::generic_category().message(number))};
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed(path, errno);
}

// Ours alone, and in memory only.
Result<void> check_folder(const std::string& path) {
  struct ::stat status{};
  if (::lstat(path.c_str(), &status) != 0) return failed(path, errno);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077U) != 0) {
    return Error{ErrorCode::denied, fmt::format("secrets as files: {}: expected a folder of teald's user that nobody "
                                                "else can enter (chmod 0700)",
                                                path)};
  }
  struct ::statfs system{};
  if (::statfs(path.c_str(), &system) != 0) return failed(path, errno);
  if (system.f_type != TMPFS_MAGIC && static_cast<unsigned long>(system.f_type) != RAMFS_MAGIC) {
    return Error{ErrorCode::denied, fmt::format("secrets as files: {} is not on a tmpfs: mount one there", path)};
  }
  return {};
}

Result<void> write_file(const std::string& path, const std::string& value) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
  if (file < 0) return failed(path, errno);
  int number = 0;
  for (std::size_t at = 0; number == 0 && at < value.size();) {
    const auto count = ::write(file, value.data() + at, value.size() - at);
    if (count >= 0) at += static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) number = errno;
  }
  if (number == 0 && ::fchmod(file, 0444) != 0) number = errno;
  if (::close(file) != 0 && number == 0) number = errno;
  if (number != 0) return failed(path, number);
  return {};
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

}  // namespace

SecretFiles::SecretFiles(std::vector<std::string> places, std::string owner)
    : places_(std::move(places)), owner_(std::move(owner)) {}

Result<std::string> SecretFiles::own_folder() const {
  Result<std::string> found = Error{ErrorCode::unavailable, "secrets as files: there is no folder for them"};
  for (const auto& place : places_) {
    std::error_code ignored;
    fs::create_directories(fs::path{place}.parent_path(), ignored);
    auto made = make_folder(place);
    if (made) made = check_folder(place);
    const auto folder = place + "/" + owner_;
    if (made) made = make_folder(folder);
    if (made) made = check_folder(folder);
    if (made) return folder;
    found = made.error();
    ::rmdir(place.c_str());  // one that was made in vain; others are not empty
  }
  return found;
}

Result<std::string> SecretFiles::put(const std::string& container, const masking::SecretEnvironment& files) {
  const auto base = own_folder();
  if (!base) return base.error();
  auto folder = fmt::format("{}/{}.XXXXXX", *base, container);
  if (::mkdtemp(folder.data()) == nullptr) return failed(folder, errno);
  Result<void> done;
  for (const auto& [name, value] : files) {
    if (!is_file_name(name)) done = Error{ErrorCode::invalid, fmt::format("\"{}\" cannot be the name of a file", name)};
    if (done) done = write_file(folder + "/" + name, value.reveal());
    if (!done) break;
  }
  if (done && ::chmod(folder.c_str(), 0755) != 0) done = failed(folder, errno);
  if (done) return folder;
  drop(folder);
  return done.error();
}

bool SecretFiles::is_ours(const std::string& folder) const {
  return std::ranges::any_of(places_, [&](const std::string& place) {
    const auto prefix = place + "/" + owner_ + "/";
    return folder.starts_with(prefix) && is_file_name(folder.substr(prefix.size()));
  });
}

void SecretFiles::drop(const std::string& folder) const {
  std::error_code ignored;
  if (is_ours(folder)) fs::remove_all(folder, ignored);
}

void SecretFiles::expose(const std::vector<std::string>& folders, ports::Exposure& exposure) const {
  for (const auto& folder : folders) {
    if (!is_ours(folder)) continue;
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
      std::ifstream from{entry->path(), std::ios::binary};
      std::string text{std::istreambuf_iterator<char>{from}, {}};
      exposure.files_known = exposure.files_known && from;
      exposure.files.emplace_back(entry->path().filename().string(), masking::Secret{std::move(text)});
    }
    exposure.files_known = exposure.files_known && !error;
  }
}

std::vector<std::string> SecretFiles::folders() const {
  std::vector<std::string> found;
  for (const auto& place : places_) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{place + "/" + owner_, ignored}) found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> default_secret_dirs() {
  return {"/run/teal/secrets", fmt::format("/dev/shm/teal-secrets-{}", ::geteuid())};
}

}  // namespace teal::docker
