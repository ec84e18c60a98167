// What `teal` tells the shell (contract, "Command line").
#pragma once

#include "manifests/foundation/error.hpp"

namespace teal::cli {

enum class ExitStatus {
  Done = 0,
  Failed = 1,    // a rollout that failed or rolled back included
  BadUsage = 2,  // or a bad file
  NoDaemon = 3,
  TimedOut = 4,
};

// invalid: bad usage; unavailable: no daemon; timed_out: timed out; all else failed.
[[nodiscard]] ExitStatus exit_status_of(const Error& error);

}  // namespace teal::cli
