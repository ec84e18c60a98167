// The effective AWS credentials, found in the order of the AWS tools: environment, web identity, shared files,
// container endpoint, instance metadata. Temporary ones are cached until five minutes before they expire; others are
// read at each use, so that a changed file takes effect at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "daemon/drivers/registries/aws/credential_environment.hpp"
#include "daemon/drivers/registries/aws/sigv4.hpp"

namespace teal::aws {

class Credentials {
 public:
  explicit Credentials(CredentialEnvironment environment) : in_(std::move(environment)) {}

  // `profile`: that one of the shared files and no other source; empty: AWS_PROFILE's or the default one, in its turn.
  // `region`: of STS. Errors: not_found, telling every place that was looked at; else of the first source that is there
  // and fails.
  [[nodiscard]] boost::asio::awaitable<Result<Keys>> get(std::string profile, std::string region);
  // By AWS_REGION, AWS_DEFAULT_REGION or the profile. Errors: not_found.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> region(std::string profile);
  // Keys that AWS did not take are not kept.
  void forget() { kept_.clear(); }
  [[nodiscard]] const CredentialEnvironment& environment() const { return in_; }

 private:
  boost::asio::awaitable<Result<Keys>> find(std::string profile, std::string region);
  [[nodiscard]] std::string profile_name(const std::string& wanted) const;

  CredentialEnvironment in_;
  std::map<std::string, Keys> kept_;  // by profile
};

}  // namespace teal::aws
