// Runs a program to completion and returns its output: credential helpers and the like. Blocks: use a BlockingPool.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::runtime {

struct ProgramCall {
  std::vector<std::string> command;                       // a path, or a name that is looked for in PATH, first
  masking::Secret input;                                  // its standard input
  std::optional<masking::SecretEnvironment> environment;  // all of it, names being unique; unset: teald's own
  Duration deadline = std::chrono::seconds{30};
  std::size_t most_output = 64 << 10;  // bytes
  // Set from another thread to have it killed: teald does not wait for a helper when it is stopped itself.
  std::shared_ptr<const std::atomic<bool>> stopping;
};

struct ProgramEnd {
  int status = 0;             // exit status; 128 and the signal's number when one ended it
  masking::Secret output;     // standard output
  masking::Secret complaint;  // the first 1,000 bytes of standard error, which may quote secrets
};

// It runs in a process group of its own, without any of teald's descriptors. When the deadline
// passes, or it prints too much, the whole group is killed. Errors: not_found, denied (it cannot be run), timed_out,
// invalid (too much output), unavailable (no process or pipe to be had), cancelled. No error holds what the program
// printed.
[[nodiscard]] Result<ProgramEnd> run_program(const ProgramCall& call);

}  // namespace teal::runtime
