// What the credential helpers of Docker and AWS get of teald's environment. They are configured by variables of many
// names (AWS_PROFILE, DOCKER_CONFIG, HTTPS_PROXY, XDG_RUNTIME_DIR …), so they get all but the secrets of others: a variable
// that sounds secret is left out unless its name begins as those of the clouds and registries do (AWS_, AZURE_, DOCKER_,
// GOOGLE_, GITHUB_, GITLAB_).
#pragma once

#include "controllers/masking/secret.hpp"

namespace teal {

[[nodiscard]] SecretEnvironment helper_environment();

}  // namespace teal
