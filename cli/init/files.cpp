#include "cli/init/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "daemon/runtime/descriptor.hpp"

namespace teal::cli {
namespace {

namespace fs = std::filesystem;

struct Receiver {
  uid_t user = 0;
  gid_t group = 0;
};

// To whom secrets are given; nobody else's may be read by a teald that runs as the user teal.
std::optional<Receiver> receiver() {
  const auto* teal = ::geteuid() == 0 ? ::getpwnam("teal") : nullptr;
  return teal == nullptr ? std::nullopt : std::optional{Receiver{teal->pw_uid, teal->pw_gid}};
}

Error file_error(const std::string& path, std::string_view what, int number) {
  auto text = fmt::format("{}: {}: {}", path, what, std::generic_category().message(number));
  if (number == EACCES || number == EPERM || number == EROFS) {
    return {ErrorCode::denied, text + ": run this as root, or name a folder of yours with --directory"};
  }
  if (number == ENOENT || number == ENOTDIR) return {ErrorCode::not_found, text};
  return {ErrorCode::internal, text};
}

// What has been made so far; it goes again unless it is kept.
class Drafts {
 public:
  ~Drafts() {
    for (const auto& [draft, path] : files_) ::unlink(draft.c_str());
    for (auto it = folders_.rbegin(); it != folders_.rend(); ++it) ::rmdir(it->c_str());
  }

  Result<void> make_folder(const std::string& path) {
    if (path.empty() || ::access(path.c_str(), F_OK) == 0) return {};
    const auto above = fs::path{path}.parent_path().string();
    if (above != path) {
      if (auto made = make_folder(above); !made) return made;
    }
    const bool is_secret = path.ends_with(".secrets") || above.ends_with(".secrets");
    if (::mkdir(path.c_str(), is_secret ? 0700 : 0755) != 0 && errno != EEXIST) {
      return file_error(path, "the folder cannot be made", errno);
    }
    folders_.push_back(path);
    return is_secret ? give(path) : Result<void>{};
  }

  Result<void> write(const OutputFile& file) {
    auto draft = file.path + ".XXXXXX";
    const runtime::Descriptor made{::mkostemp(draft.data(), O_CLOEXEC)};
    if (!made.is_open()) return file_error(file.path, "cannot be written", errno);
    files_.emplace_back(draft, file.path);
    std::string_view text = file.text;
    while (!text.empty()) {
      const auto count = ::write(made.number(), text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return file_error(file.path, "cannot be written", errno);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fchmod(made.number(), file.is_secret ? 0600 : 0644) != 0 || ::fsync(made.number()) != 0) {
      return file_error(file.path, "cannot be written", errno);
    }
    return file.is_secret ? give(draft) : Result<void>{};
  }

  Result<void> keep() {
    for (auto& [draft, path] : files_) {
      if (::rename(draft.c_str(), path.c_str()) != 0) return file_error(path, "cannot be put in its place", errno);
      folders_.clear();  // something is in them now
    }
    files_.clear();
    folders_.clear();
    return {};
  }

 private:
  static Result<void> give(const std::string& path) {
    const auto to = receiver();
    if (!to || ::chown(path.c_str(), to->user, to->group) == 0) return {};
    return file_error(path, "cannot be given to the user teal", errno);
  }

  std::vector<std::pair<std::string, std::string>> files_;
  std::vector<std::string> folders_;
};

}  // namespace

std::vector<std::string> already_there(const std::vector<OutputFile>& files) {
  std::vector<std::string> there;
  for (const auto& file : files) {
    struct ::stat status{};
    if (::lstat(file.path.c_str(), &status) == 0) there.push_back(file.path);
  }
  return there;
}

Result<void> write_files(const std::vector<OutputFile>& files, bool replace) {
  const auto there = already_there(files);
  if (!there.empty() && !replace) {
    return Error{ErrorCode::conflict,
                 fmt::format("nothing was written, since this is there already: {}. --force replaces it, --directory "
                             "writes elsewhere",
                             fmt::join(there, ", "))};
  }
  Drafts drafts;
  for (const auto& file : files) {
    if (auto made = drafts.make_folder(fs::path{file.path}.parent_path().string()); !made) return made;
    if (auto written = drafts.write(file); !written) return written;
  }
  return drafts.keep();
}

}  // namespace teal::cli
