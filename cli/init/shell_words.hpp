// A command line as a list of words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::cli {

// As Compose takes a command that is one text: quotes and backslashes count, nothing else that a shell would do.
// Error: invalid, a quote that is never closed.
[[nodiscard]] Result<std::vector<std::string>> shell_words(std::string_view text);

}  // namespace teal::cli
