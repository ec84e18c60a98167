// The part of teald's environment that credential helpers of Docker and AWS get: what a program needs to be found, to
// find its own files, to reach the network and for its locale, and variables that are meant for it by name. Nothing
// else: variables that exist for some other fromEnv are withheld.
#pragma once

#include "manifests/masking/secret.hpp"

namespace teal::registries {

enum class HelperKind {
  Aws,     // credential_process: AWS_…
  Docker,  // docker-credential-…, of any registry: AWS_…, AZURE_…, GOOGLE_…, CLOUDSDK_…, GITHUB_…, GITLAB_…, and of
           // pass
};

[[nodiscard]] masking::SecretEnvironment helper_environment(HelperKind kind);

}  // namespace teal::registries
