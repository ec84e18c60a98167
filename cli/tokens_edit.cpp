#include "cli/tokens_edit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>

#include "daemon/runtime/descriptor.hpp"

namespace teal::cli {
namespace {

Error failure(const std::string& what, int number) {
  const auto text = fmt::format("{}: {}", what, std::generic_category().message(number));
  if (number == EACCES || number == EPERM) {
    return {ErrorCode::denied, text + ": run this as root, or as the user whom the file and its folder belong to"};
  }
  if (number == EROFS) return {ErrorCode::denied, text};
  if (number == ENOENT || number == ENOTDIR) return {ErrorCode::not_found, text};
  return {ErrorCode::internal, text};
}

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// Where the file is, or will be: a link may be there before it.
std::string real_path(const std::string& path) {
  std::error_code error;
  auto file = std::filesystem::absolute(path, error);
  for (int links = 0; links < 16 && std::filesystem::is_symlink(file, error); ++links) {
    file = file.parent_path() / std::filesystem::read_symlink(file, error);
  }
  auto real = std::filesystem::weakly_canonical(file, error);
  return error ? path : real.string();
}

Result<void> lock(const std::string& folder, const runtime::Descriptor& descriptor, Duration wait) {
  if (!descriptor.is_open()) {
    auto error = failure(fmt::format("the folder {} cannot be opened", folder), errno);
    if (error.code == ErrorCode::not_found)
      error.message += ": make it first (mkdir -p), or name another file with --file";
    return error;
  }
  const auto end = std::chrono::steady_clock::now() + wait;
  while (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failure(folder + ": cannot be locked", errno);
    if (std::chrono::steady_clock::now() >= end) {
      return Error{ErrorCode::unhealthy,
                   fmt::format("{}: another process has held its lock for {}, such as a second `teal token`: try "
                               "again",
                               folder, format_duration(wait))};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return {};
}

// Of a file that is made by root in this folder.
Owner owner_of_new(const struct ::stat& folder) {
  if (::geteuid() != 0) return {::geteuid(), ::getegid()};
  if (folder.st_uid != 0) return {folder.st_uid, folder.st_gid};
  const auto* group = folder.st_gid == 0 ? nullptr : ::getgrgid(folder.st_gid);
  const auto* user = group == nullptr ? nullptr : ::getpwnam(group->gr_name);
  return user == nullptr ? Owner{} : Owner{user->pw_uid, user->pw_gid};
}

std::string user_name(uid_t user) {
  const auto* entry = ::getpwuid(user);
  return entry == nullptr ? fmt::format("{}", user) : entry->pw_name;
}

Result<void> write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("write", errno);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> fill(int file, std::string_view text, const Owner& owner) {
  if (::fchmod(file, 0600) != 0) return failure("chmod", errno);
  struct ::stat made{};
  if (::fstat(file, &made) != 0) return failure("stat", errno);
  const bool is_theirs = made.st_uid == owner.user && made.st_gid == owner.group;
  if (!is_theirs && ::fchown(file, owner.user, owner.group) != 0) {
    return failure(fmt::format("it has to stay the user {}'s", user_name(owner.user)), errno);
  }
  if (auto written = write_all(file, text); !written) return written;
  return ::fsync(file) == 0 ? Result<void>{} : failure("fsync", errno);
}

// The other's in one step; what is left of a failed try is removed.
Result<void> replace(const std::string& path, std::string_view text, const Owner& owner, int folder) {
  auto draft = path + ".XXXXXX";
  runtime::Descriptor file{::mkostemp(draft.data(), O_CLOEXEC)};
  if (!file.is_open()) return failure(path + ": cannot be written", errno);
  auto done = fill(file.number(), text, owner);
  if (done && ::rename(draft.c_str(), path.c_str()) != 0) done = failure("rename", errno);
  if (!done) {
    ::unlink(draft.c_str());
    return within(path + ": cannot be written", done.error());
  }
  (void)::fsync(folder);  // the new name; the file is whole with or without
  return {};
}

bool has_comment(std::string_view text) {
  for (std::size_t at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
    if (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\n') return true;
  }
  return false;
}

}  // namespace

Result<TokensEdited> edit_tokens(const std::string& path, bool may_create,
                                 const std::function<Result<void>(std::vector<access::Token>&)>& change,
                                 Duration wait) {
  const auto real = real_path(path);
  const auto folder = std::filesystem::path{real}.parent_path().string();
  const runtime::Descriptor descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (auto locked = lock(folder, descriptor, wait); !locked) return locked.error();

  TokensEdited edited;
  std::vector<access::Token> tokens;
  Owner owner;
  struct ::stat status{};
  const auto text = access::read_tokens_text(real, access::TokensOwner::Anyone);
  if (text) {
    auto parsed = access::parse_tokens(*text, real);
    if (!parsed) return parsed.error();
    tokens = std::move(*parsed);
    if (::stat(real.c_str(), &status) != 0) return failure(real, errno);
    owner = {status.st_uid, status.st_gid};
    edited.lost_comments = has_comment(*text);
  } else {
    if (text.error().code != ErrorCode::not_found || !may_create) return text.error();
    if (::fstat(descriptor.number(), &status) != 0) return failure(folder, errno);
    owner = owner_of_new(status);
    edited.created = true;
    edited.owner = user_name(owner.user);
  }
  if (auto changed = change(tokens); !changed) return changed.error();
  const auto written = access::write_tokens(tokens);
  if (tokens.size() > access::most_tokens || written.size() > access::largest_tokens_file) {
    return Error{ErrorCode::conflict, fmt::format("{}: is full: revoke what is not used any more", path)};
  }
  if (auto replaced = replace(real, written, owner, descriptor.number()); !replaced) return replaced.error();
  return edited;
}

}  // namespace teal::cli
