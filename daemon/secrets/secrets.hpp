// Where values come from: files, teald's own environment, literals. Read anew at each use, never kept.
//
// A file must be a regular file, or a symbolic link to one, of at most 64 KiB, that others cannot write.
// FIFOs and devices are refused without waiting for them. fromExec is refused as not supported yet.
#pragma once

#include <memory>

#include "controllers/ports/secret.hpp"

namespace teal {

class BlockingPool;

// `pool` reads the files and must outlive what is returned.
[[nodiscard]] std::unique_ptr<Secrets> make_secrets(BlockingPool& pool);

}  // namespace teal
