// AWS credentials from an endpoint on this machine or network: ECS and EKS containers, EC2 instances.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "daemon/drivers/registries/aws/credential_environment.hpp"
#include "daemon/drivers/registries/aws/sigv4.hpp"

namespace teal::aws {

using Found = Result<std::optional<Keys>>;  // nothing: that source is not there

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE). A full URI in
// plain HTTP may only be this machine's or one of AWS' link-local ones.
[[nodiscard]] boost::asio::awaitable<Found> container_keys(const CredentialEnvironment& in);
// The instance's role by IMDSv2. Nothing answers, or no role is attached: not there.
[[nodiscard]] boost::asio::awaitable<Found> instance_keys(const CredentialEnvironment& in);

}  // namespace teal::aws
