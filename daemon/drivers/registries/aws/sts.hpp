// AWS Security Token Service: exchanges a user's keys or an identity token for the keys of a role.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "daemon/drivers/registries/aws/credential_environment.hpp"
#include "daemon/drivers/registries/aws/sigv4.hpp"

namespace teal::aws {

struct Role {
  std::string arn;
  std::string session_name = "teald";
  std::string external_id;       // empty: none
  std::string duration_seconds;  // empty: AWS' default
  std::string region;            // of the STS endpoint
};

// Errors: denied, unavailable, timed_out; each names the role and the source of what it was asked with.
[[nodiscard]] boost::asio::awaitable<Result<Keys>> assume_role(const CredentialEnvironment& in, Keys keys, Role role);
// `token`: OIDC; `source`: where it was read, for people.
[[nodiscard]] boost::asio::awaitable<Result<Keys>> assume_role_with_web_identity(const CredentialEnvironment& in,
                                                                                 masking::Secret token,
                                                                                 std::string source, Role role);

}  // namespace teal::aws
