// Failures as values.
//
// An Error has a code for callers to decide by, and a message for people, to which callers add context on the way up:
// "start teal-shop-api-r7-0 on engine local: no such image". Never put a secret's value into a message (C2).
#pragma once

#include <string>
#include <string_view>

namespace teal {

enum class ErrorCode {
  not_found,    // the thing does not exist
  conflict,     // it exists already, or somebody else changed it
  invalid,      // the request itself is wrong; trying again cannot help
  denied,       // credentials or rights are missing
  unavailable,  // the other side is not there now; trying again may help
  timed_out,    // no answer within the deadline; whether it happened is not known
  unhealthy,    // it answers, and says that it is not well
  cancelled,    // we are shutting down
  internal,     // a bug of ours
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  bool operator==(const Error&) const = default;
};

[[nodiscard]] std::string_view to_string(ErrorCode code);

// The same error with "<what>: " before its sentence.
[[nodiscard]] Error within(std::string_view what, Error error);

}  // namespace teal
