// Features that the contract defines and this release does not support yet, so that nothing is silently ignored.
#pragma once

#include <string>
#include <vector>

#include "manifests/spec/application.hpp"

namespace teal::rules {

// One sentence for each such feature that the application uses, naming its path; empty: everything is supported.
// A manifest that uses them is valid; the daemon refuses to roll it out with these words.
[[nodiscard]] std::vector<std::string> unsupported_features(const spec::Application& application);

}  // namespace teal::rules
