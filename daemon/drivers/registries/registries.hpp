// All registries of teald.yaml behind one port. The first entry whose host matches the image applies.
//
// An image of a registry without an entry is pulled anonymously; if that is refused, the error names the missing entry.
// teald itself only requests digests and signatures; layers go to the engine.
#pragma once

#include <memory>
#include <vector>

#include "controllers/ports/registry.hpp"
#include "daemon/drivers/registries/aws/credential_environment.hpp"
#include "daemon/drivers/registries/registry_rule.hpp"

namespace teal::registries {

// What `in` points to outlives what is returned; programs that still run when it goes are killed.
[[nodiscard]] std::unique_ptr<ports::Registry> make_registries(aws::CredentialEnvironment in,
                                                               std::vector<RegistryRule> rules);

}  // namespace teal::registries
