// Reads a file that may contain secrets, after checking who else can read it.
#pragma once

#include <cstddef>
#include <string>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::runtime {

enum class Readers {
  OwnerOnly,  // a secret; its group may read it where that is how we can, or where root has left it so
  Anyone,     // settings, of which only some are secret; they may not be written by others all the same
};

// All of a regular file, symbolic links followed (Kubernetes and Docker mount secrets as such). Blocks only as long as
// its file system does: never on a FIFO or a device.
//
// OwnerOnly refuses what others can read, and what its group can write, or read when the file is our own and we are not
// root (the rule of PostgreSQL and sshd for keys). What a container's engine has mounted read-only below /run/secrets
// may be readable: Docker makes it so, and nobody else is in that container.
//
// Refused, too, is what is reached through a folder or a link of another user than the file's (runtime/path_owners).
//
// Errors, each naming the path and never the contents: not_found, denied (unreadable for us, or its mode or owner,
// which is named with what to do), invalid (no regular file, more than `most` bytes), unavailable (also for a file that
// is empty and was written within the last two seconds: somebody is most likely about to fill it).
[[nodiscard]] Result<masking::Secret> read_secret_file(const std::string& path, std::size_t most, Readers readers);

// The file that a `fromFile` means: an absolute path as it stands; `name`, `$CREDENTIALS_DIRECTORY/name` and
// `${CREDENTIALS_DIRECTORY}/name` are systemd's credentials of teald's service. Error: not_found, when it has none.
[[nodiscard]] Result<std::string> path_of_secret(const std::string& text);

}  // namespace teal::runtime
