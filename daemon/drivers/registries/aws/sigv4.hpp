// AWS Signature Version 4, for requests with a known body.
#pragma once

#include <optional>
#include <string>

#include "daemon/http/http_client.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::aws {

struct Keys {
  std::string access_key;
  masking::Secret secret_key;
  masking::Secret session_token;  // empty: long-lived keys
  std::optional<Time> expires;    // none: never
  std::string source;             // where they come from, for people
};

struct Scope {
  std::string region;
  std::string service;  // "ecr", "sts"
};

// Adds Host, X-Amz-Date, X-Amz-Security-Token and Authorization; every header that the request has is signed. The
// target must be percent-encoded already.
void sign(http::Request& request, const std::string& host, const Keys& keys, const Scope& scope, Time now);

}  // namespace teal::aws
