#include "daemon/runtime/path_owners.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <filesystem>
#include <optional>
#include <system_error>

#include "daemon/runtime/trusted_path.hpp"

namespace teal::runtime {
namespace {

constexpr int most_links_followed = 40;  // the kernel's own limit

using Names = std::deque<std::string>;

// Before what is left, as a link's target comes before what follows the link.
void push(Names& rest, const std::filesystem::path& path) {
  auto at = rest.begin();
  for (const auto& name : path) {
    if (!name.empty() && name != "/" && name != ".") at = std::next(rest.insert(at, name.string()));
  }
}

std::optional<std::string> target_of(const std::string& link) {
  std::array<char, PATH_MAX> target{};
  const auto length = ::readlink(link.c_str(), target.data(), target.size());
  if (length <= 0) return std::nullopt;
  return std::string{target.data(), static_cast<std::size_t>(length)};
}

Error changed(const std::string& path) { return {ErrorCode::unavailable, path + ": is another file by now"}; }

Error planted(const std::string& path, const std::string& through, const struct ::stat& whose,
              const struct ::stat& opened) {
  const char* what = S_ISLNK(whose.st_mode) ? "link" : "folder";
  return {
      ErrorCode::denied,
      fmt::format(
          "{}: goes through the {} {} owned by uid {} to a file owned by uid {}: whoever owns the {} could have teald "
          "read any file; keep both with one owner: chown {}{} {}",
          path, what, through, whose.st_uid, opened.st_uid, what, S_ISLNK(whose.st_mode) ? "-h " : "", opened.st_uid,
          shell_word(through))};
}

}  // namespace

Result<void> judge_path_owners(const std::string& path, const struct ::stat& opened) {
  Names rest;
  push(rest, std::filesystem::absolute(path));
  std::string at;  // without a link
  struct ::stat here{};
  for (int links = 0; !rest.empty();) {
    const auto name = rest.front();
    rest.pop_front();
    if (name == "..") {
      at.erase(std::min(at.rfind('/'), at.size()));
      continue;
    }
    const auto next = at + "/" + name;
    if (::lstat(next.c_str(), &here) != 0) return changed(path);
    const bool is_theirs = here.st_uid != 0 && here.st_uid != ::geteuid() && here.st_uid != opened.st_uid;
    if (is_theirs && !S_ISREG(here.st_mode)) return planted(path, next, here, opened);
    if (!S_ISLNK(here.st_mode)) {
      at = next;
      continue;
    }
    const auto target = target_of(next);
    if (!target || ++links > most_links_followed) return changed(path);
    if (target->starts_with('/')) at.clear();
    push(rest, *target);
  }
  const bool is_same = here.st_dev == opened.st_dev && here.st_ino == opened.st_ino;
  return is_same ? Result<void>{} : Result<void>{changed(path)};
}

}  // namespace teal::runtime
