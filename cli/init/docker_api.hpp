// Docker's own API, asked once. Blocks until it is answered.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "cli/init/containers.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::cli {

// Each container and its image. Errors: invalid (`url`, or what answers is not Docker), not_found (naming the
// container), denied and unavailable (with what to do).
[[nodiscard]] Result<std::vector<Inspected>> inspect(const std::string& url, const std::vector<std::string>& names);

}  // namespace teal::cli
