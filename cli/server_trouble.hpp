// Why a call to teald failed, and what to do about it.
//
// "No daemon" (unavailable) is reported only if nobody answers. Otherwise the message says what answers: TLS where
// plain HTTP was tried, or the reverse, a certificate that is not trusted or not accepted, another program. To find
// out, the port is probed once more, with a TLS handshake that sends no credentials.
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
