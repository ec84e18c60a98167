// Credentials as credential_process, container endpoints and the instance metadata service write them: JSON.
#pragma once

#include <string_view>

#include "daemon/drivers/registries/aws/sigv4.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::aws {

// `token`: the name of the session token's member. Errors: unavailable, naming `source` and what is missing.
[[nodiscard]] Result<Keys> read_json_keys(std::string_view text, std::string_view token, const std::string& source);

}  // namespace teal::aws
