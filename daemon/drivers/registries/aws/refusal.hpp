// AWS error responses, in words that say what to change.
#pragma once

#include <string>

#include "daemon/drivers/registries/aws/sigv4.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/error.hpp"

namespace teal::aws {

struct Refusal {
  std::string code;     // "AccessDeniedException"
  std::string message;  // AWS' own; may quote what was signed, the session token included
};

// Of a JSON or XML answer that is no success.
[[nodiscard]] Refusal read_refusal(const http::Response& response);

// `action`: "ecr:GetAuthorizationToken". A clock that is minutes off AWS' is said. Never holds `keys`' secrets.
// Errors: denied; unavailable for AWS' own trouble.
[[nodiscard]] Error refused(const http::Response& response, const Keys& keys, const std::string& action,
                            const std::string& region, Time now);

// The text between <name> and </name>, the first; empty when there is none.
[[nodiscard]] std::string xml_text(std::string_view xml, std::string_view name);

}  // namespace teal::aws
