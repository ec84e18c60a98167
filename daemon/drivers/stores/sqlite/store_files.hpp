// Checks who owns the files of a store. They determine what teald does next, with its privileges, and contain literal
// secrets of specs: anyone who can write to one of them, or to their directory, is usually equivalent to root.
#pragma once

#include <string>

#include "manifests/foundation/result.hpp"

namespace teal::sqlite {

// The database, what SQLite puts beside it, the lock and the key of fingerprints, as far as they are there, and their
// folders: root's or teald's own user's, and nobody else can write them (runtime/trusted_path). Errors: not_found (the
// folder), denied with the command that fixes it, invalid.
[[nodiscard]] Result<void> judge_store_files(const std::string& path);

// Takes the rights of others to read them away from the database and from what SQLite has put beside it. Error: denied.
[[nodiscard]] Result<void> make_store_files_private(const std::string& path);

}  // namespace teal::sqlite
