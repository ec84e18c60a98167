// The owners of the directories and links on a path. A file that a spec names may be in a directory of another user,
// who deploys one application; that directory must not lead teald, which can read everything, to somebody else's file.
#pragma once

#include <sys/stat.h>

#include <string>

#include "manifests/foundation/result.hpp"

namespace teal::runtime {

// Whether each folder and symbolic link on the way belongs to root, to teald's own user or to the owner of the file
// that was opened. Call after opening: what the path leads to by then must still be that file. Errors: denied, naming
// the link or folder, its owner and what to do; unavailable (it is another file by now: try again).
[[nodiscard]] Result<void> judge_path_owners(const std::string& path, const struct ::stat& opened);

}  // namespace teal::runtime
