// Reads and watches a directory of manifests: the calls that may block, for a pool thread.
//
// Write access to a manifest is equivalent to root, so a directory or file that others could have changed is reported
// as a problem and not read: runtime/trusted_path. Names and paths are bytes here, as in the kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "controllers/admission/admission.hpp"

namespace teal::daemon {

struct FolderIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  bool operator==(const FolderIdentity&) const = default;
};

// What shows that a file was changed without reading it, once it has rested: before, another change may follow within
// the same tick of the file system's clock.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t written = 0;  // nanoseconds since 1970
  std::int64_t changed = 0;  // likewise: text, mode, owner, links

  bool rested = false;  // when it was read

  [[nodiscard]] bool shows_the_same(const FileStamp& now) const {
    return rested && std::tie(device, inode, size, written, changed) ==
                         std::tie(now.device, now.inode, now.size, now.written, now.changed);
  }
};
using StampOf = std::function<std::optional<FileStamp>(const std::string& name)>;

struct FolderReading {
  std::string problem;  // why the folder cannot be read; then the rest says nothing
  FolderIdentity identity;
  std::vector<admission::ManifestState> files;  // with `exists` false: was asked for and is not there
  std::vector<std::string> unchanged;           // names of those that have the stamp that is known: not read
  std::map<std::string, FileStamp> stamps;      // by name, of those that were read
  std::vector<std::string> dangling;            // paths of links that lead nowhere, of a whole folder
  std::vector<std::string> being_written;       // names asked for as `created` that will be closed after writing
};

// Every manifest in the folder, by name. `known`: the stamps of files that need not be read again, unless they are
// links: ten thousand of them are looked at every few seconds.
[[nodiscard]] FolderReading read_folder(const std::string& folder, const StampOf& known = {});

struct Asked {
  std::string name;
  bool created = false;  // read it only if it came complete: a symbolic or a hard link
};

[[nodiscard]] FolderReading read_files(const std::string& folder, const std::vector<Asked>& names);

// The kernel's announcements about one folder at a time. Thread-safe but for `close`, by the destructor.
class FolderWatch {
 public:
  FolderWatch();
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // What `descriptor` becomes readable for; -1 when the kernel has none to give.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Ends the watch on what was watched before. Returns the new watch's number, or -1 with errno.
  int watch(const std::string& folder, int previous) const;

 private:
  int descriptor_;
};

}  // namespace teal::daemon
