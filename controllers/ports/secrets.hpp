// Resolves the values that a spec only refers to.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"
#include "manifests/spec/application.hpp"

namespace teal::ports {

// Reads values at the moment of use. Errors name the source (a path, a variable, a program) and what to change, never a
// value.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // One trailing newline of a file or of what a program prints is not part of the value.
  // Errors: not_found (no such file, variable or program), denied (unreadable, or readable by others), invalid (no
  // text, too large, nothing printed), timed_out and unavailable (a program that hangs or fails).
  [[nodiscard]] virtual boost::asio::awaitable<Result<masking::Secret>> read(spec::ValueSource source) = 0;
  // Lines of NAME=value, in the file's order, nothing of which is quoted or expanded; `#` begins a comment. A bare NAME
  // takes teald's own variable, and is left out if unset.
  // Errors: as above; invalid names file:line.
  [[nodiscard]] virtual boost::asio::awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string path) = 0;
};

}  // namespace teal::ports
