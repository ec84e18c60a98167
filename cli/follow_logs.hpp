// Prints logs until their source has ended.
//
// A stream that ends earlier is an error: access was revoked (exit status of a denial), teald is gone (no daemon), or
// teald ended the stream.
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
  bool timestamps = false;
  std::string job;
  std::string component;
  std::optional<std::int64_t> replica;
  std::string rollout;
  std::optional<std::int64_t> revision;
};

// `name`: the application's.
[[nodiscard]] ExitStatus follow_logs(const Context& context, const std::string& name, const LogRequest& request);

}  // namespace teal::cli
