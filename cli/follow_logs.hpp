// Logs as they are printed, until what prints them has ended.
//
// A stream that ends before that is an error: that one may no longer look (the exit status of a refusal), that teald is
// away (no daemon), or that it ended the stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/context.hpp"

namespace teal::cli {

// What `teal logs` was asked for.
struct LogRequest {
  bool migration = false;
  bool follow = false;
  std::string job;
  std::string component;
  std::optional<std::int64_t> replica;
  std::string rollout;
  std::optional<std::int64_t> revision;
};

// `name`: the application's.
[[nodiscard]] ExitStatus follow_logs(const Context& context, const std::string& name, const LogRequest& request);

}  // namespace teal::cli
