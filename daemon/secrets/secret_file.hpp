// Reads a file that may hold secrets, after a look at who else can.
#pragma once

#include <cstddef>
#include <string>

#include "controllers/ports/secret.hpp"

namespace teal {

// All of a regular file, symbolic links followed (Kubernetes and Docker mount secrets as such). Blocks only as long as
// its file system does: never on a FIFO or a device. Errors, each naming the path and never the contents: not_found,
// denied (unreadable for us, or others may write it), invalid (no regular file, more than `most` bytes), unavailable.
[[nodiscard]] Result<Secret> read_secret_file(const std::string& path, std::size_t most);

}  // namespace teal
