// Resolves values: from files, teald's own environment, programs, literals. Read at each use, never cached.
//
// A file must be a regular file, or a symbolic link to one, with at most 64 KiB of text, that nobody else can read
// (daemon/runtime/secret_file); an env file, which also holds settings, only must not be writable by others. FIFOs and
// devices are refused without blocking on them. Programs have a deadline (daemon/drivers/secrets/secret_program).
#pragma once

#include <memory>

#include "controllers/ports/secrets.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::secrets {

// `files` reads the files and `programs` waits for programs, which may take as long as their deadline: the same pool
// for both would have the files wait. Both must outlive what is returned; programs that still run when it goes are
// killed.
[[nodiscard]] std::unique_ptr<ports::Secrets> make_secrets(runtime::BlockingPool& files,
                                                           runtime::BlockingPool& programs,
                                                           Duration program_deadline = std::chrono::seconds{30});

}  // namespace teal::secrets
