// `api:` of teald.yaml.
#pragma once

#include "daemon/config/config.hpp"
#include "manifests/parse/reader.hpp"

namespace teal::config {

// Refused: an address that other machines reach without TLS and a way to prove who one is.
void read_api(const yaml::Field& field, ApiConfig& out);

}  // namespace teal::config
