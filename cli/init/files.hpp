// Puts the files of `teal init` where they belong: all of them or none.
#pragma once

#include <string>
#include <vector>

#include "cli/init/draft.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::cli {

// Those of them whose place is taken.
[[nodiscard]] std::vector<std::string> already_there(const std::vector<OutputFile>& files);

// Each is written beside its place first; once all are whole they are renamed. Secrets get mode 0600 and their folders
// 0700; as root they are given to the user teal, if there is one. What is there already is kept unless `replace`.
// Errors: conflict (naming what is there), denied, not_found, internal.
[[nodiscard]] Result<void> write_files(const std::vector<OutputFile>& files, bool replace);

}  // namespace teal::cli
