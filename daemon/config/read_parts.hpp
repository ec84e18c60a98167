// The sections of teald.yaml that belong to drivers: dispatches each to the driver that parses it.
#pragma once

#include "daemon/config/config.hpp"
#include "manifests/parse/reader.hpp"

namespace teal::config {

// Each takes its keys from the root of teald.yaml.
void read_store(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
void read_engines(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
void read_load_balancers(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
void read_registries(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
void read_analyst(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
void read_notifications(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
void read_tracing(yaml::Section& root, const drivers::Drivers& drivers, DaemonConfig& out);
// Those that have no key.
void choose_others(const drivers::Drivers& drivers, DaemonConfig& out);

}  // namespace teal::config
