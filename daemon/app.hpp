// teald as a whole: the composition root.
#pragma once

#include <functional>
#include <string>

#include "daemon/config/config.hpp"
#include "daemon/runtime/log.hpp"

namespace teal::daemon {

// Runs until SIGTERM or SIGINT; what it manages keeps running. Returns the process's exit status: 0 stopped as asked,
// 1 it could not start or broke, with the reason in the log.
[[nodiscard]] int run_daemon(const config::DaemonConfig& config, runtime::Log& log);

// `teald --check`: the configuration was read already; reads every manifest and prints each error and what this release
// does not support to standard output. Returns 0 when all is well, 2 otherwise.
[[nodiscard]] int check_manifests(const config::DaemonConfig& config);

}  // namespace teal::daemon
