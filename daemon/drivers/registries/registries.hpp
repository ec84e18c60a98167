// Every registry of teald.yaml behind one port. The first entry whose host fits an image's speaks for it.
//
// An image of another registry is pulled without name and password; when that is refused, the error names the entry
// that is missing. teald itself asks registries for digests and signatures only; layers go to the engine.
#pragma once

#include <memory>
#include <vector>

#include "controllers/ports/registry.hpp"
#include "daemon/drivers/registries/aws/surroundings.hpp"
#include "daemon/drivers/registries/registry_rule.hpp"

namespace teal::registries {

// What `in` points to outlives what is returned; programs that still run when it goes are killed.
[[nodiscard]] std::unique_ptr<ports::Registry> make_registries(aws::Surroundings in, std::vector<RegistryRule> rules);

}  // namespace teal::registries
