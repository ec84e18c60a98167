#include "daemon/drivers/stores/sqlite/store_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::sqlite {
namespace {

constexpr std::array<std::string_view, 4> of_database{"", "-wal", "-shm", "-journal"};

bool is_there(const std::string& path) {
  struct ::stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<void> judge_file(const std::string& path) {
  if (!is_there(path)) return {};
  const auto opened = runtime::open_trusted(path, runtime::PathKind::File);
  if (opened) return {};
  const auto where = printable_path(path);
  if (opened.error().code != ErrorCode::not_found) return within(where, opened.error());
  return Error{ErrorCode::invalid,
               fmt::format("{}: is a link that leads nowhere; rm {}", where, runtime::shell_word(path))};
}

// It is written into, so it must be nothing else as well.
Result<void> judge_lock(const std::string& path) {
  struct ::stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (S_ISREG(status.st_mode) && status.st_nlink == 1) return judge_file(path);
  return Error{ErrorCode::denied,
               fmt::format("{}: is a symbolic link, has hard links, or is no regular file: look what it is, then rm {}",
                           printable_path(path), runtime::shell_word(path))};
}

// SQLite puts its files beside the database itself, not beside a link to it.
std::string without_links(const std::string& path) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(path, failed);
  return failed ? path : real.string();
}

}  // namespace

Result<void> judge_store_files(const std::string& path) {
  if (auto folder = runtime::judge_folder_of(path); !folder) return folder;
  if (auto database = judge_file(path); !database) return database;
  const auto real = without_links(path);
  if (real != path) {
    if (auto folder = runtime::judge_folder_of(real); !folder) return folder;
  }
  for (const auto ending : of_database) {
    if (auto file = judge_file(real + std::string{ending}); !file) return file;
  }
  if (auto key = judge_file(path + ".key"); !key) return key;
  return judge_lock(path + ".lock");
}

Result<void> make_store_files_private(const std::string& path) {
  const auto real = without_links(path);
  for (const auto ending : of_database) {
    const auto file = real + std::string{ending};
    struct ::stat status{};
    if (::lstat(file.c_str(), &status) != 0 || (status.st_mode & 077U) == 0) continue;
    if (::chmod(file.c_str(), 0600) == 0) continue;
    const auto words = std::generic_category().message(errno);
    return Error{ErrorCode::denied,
                 fmt::format("{}: mode {:04o}: others than teald can read it, and that cannot be changed: "
                             "{}; chmod 600 {}",
                             printable_path(file), static_cast<unsigned>(status.st_mode) & 07777U, words,
                             runtime::shell_word(file))};
  }
  return {};
}

}  // namespace teal::sqlite
