// Why a call of teald came to nothing, and what to do about it.
//
// "No daemon" (unavailable) is said only where nobody answers. Where somebody does, it is said what: TLS where plain
// HTTP was tried, the other way round, a certificate that is not trusted or not accepted, another program. For that the
// port is asked once more, by a TLS handshake that shows nothing.
#pragma once

#include <string>

#include "cli/access.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::cli {

struct Call {
  const std::string& url;
  const http::Endpoint& endpoint;
  const Access& access;
  std::string what;  // "GET /apis/teal/v1/applications"
};

// There was no whole answer. Errors: unavailable, timed_out, denied, unhealthy.
[[nodiscard]] Error no_answer(const Call& call, const Error& error);

// The answer has a status that is no success: teald's own message, or that it is not teald who answers.
[[nodiscard]] Error refusal(const Call& call, const http::Response& response);

}  // namespace teal::cli
