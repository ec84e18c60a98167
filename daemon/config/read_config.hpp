// The YAML parser of daemon/config/config.hpp.
#pragma once

#include "daemon/config/config.hpp"
#include "manifests/parse/report.hpp"

namespace teal::config {

// Every error is in the report; the configuration is whatever could be read beside them.
[[nodiscard]] std::optional<DaemonConfig> read_config(std::string_view text, yaml::Report& report,
                                                      const drivers::Drivers& drivers);

}  // namespace teal::config
