// AWS credentials by a profile of the shared configuration and credentials files: keys, roles, programs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <set>
#include <string>

#include "daemon/drivers/registries/aws/endpoints.hpp"
#include "daemon/drivers/registries/aws/profiles.hpp"

namespace teal::aws {

struct SharedFiles {
  Profiles profiles;  // of both files, the credentials file's settings before the other's
  std::string config_path;
  std::string credentials_path;
  std::set<std::string> with_keys;  // profiles whose keys the credentials file has
  bool any = false;                 // at least one of them exists
};

// AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/. A file that is missing is empty. One that
// holds keys must not be readable by others. Errors: denied, invalid.
[[nodiscard]] boost::asio::awaitable<Result<SharedFiles>> read_shared_files(const CredentialEnvironment& in);

// In the order of the AWS tools: role_arn (with source_profile, credential_source or web_identity_token_file), keys,
// credential_process. Nothing: the profile says nothing of credentials, or is not there. Errors: invalid (a setting
// that leads nowhere, a circle of profiles), and those of where it leads.
[[nodiscard]] boost::asio::awaitable<Found> profile_keys(const CredentialEnvironment& in, const SharedFiles& files,
                                                         std::string name, std::string region);

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Errors: invalid, when only one of a pair is there.
[[nodiscard]] Found environment_keys(const CredentialEnvironment& in);

}  // namespace teal::aws
