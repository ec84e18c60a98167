// What the credential helpers of Docker and AWS get of teald's environment: what a program needs to be found, to find
// its own files, to reach others and to speak a language, and what is meant for it by its name. Nothing else: what is
// there for others' fromEnv is none of their business.
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
