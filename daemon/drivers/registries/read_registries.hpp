// `registries:` of teald.yaml.
#pragma once

#include "daemon/drivers/registries/registry_rule.hpp"
#include "manifests/parse/reader.hpp"

namespace teal::registries {

// Found by the templates of manifests/parse/reader.hpp beside the type that it reads.
bool read(const yaml::Field& field, RegistryRule& out);

}  // namespace teal::registries
