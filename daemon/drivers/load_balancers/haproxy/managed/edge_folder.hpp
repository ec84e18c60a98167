// The folder that a managed HAProxy's files are in. These calls block, as long as the file system does.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::haproxy {

// Which file it is: another one under the same name, or one with another content, has another stamp.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t changed = 0;  // in nanoseconds
  std::int64_t size = -1;    // -1: there is none

  bool operator==(const FileStamp&) const = default;
};
[[nodiscard]] FileStamp stamp_of(const std::string& path);

// Errors: not_found, unavailable.
[[nodiscard]] Result<std::string> read_file(const std::string& path);
// All of it or nothing, and on the disk when this returns. Error: unavailable.
[[nodiscard]] Result<void> write_file(const std::string& path, const std::string& text, unsigned mode);
// Makes the folder where it is missing. Error: unavailable.
[[nodiscard]] Result<void> make_folder(const std::string& path);

}  // namespace teal::haproxy
