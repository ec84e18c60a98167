// A value that must never be printed, and where values come from.
#pragma once

#include <fmt/core.h>

#include <boost/asio/awaitable.hpp>
#include <cstring>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "manifests/application.hpp"
#include "manifests/foundation/result.hpp"

namespace teal {

// Cannot be printed, formatted, hashed or compared by accident: none of that compiles. `reveal` is the one way to its
// text. What it held is overwritten when it goes, is assigned to or moved from; moving leaves no copy behind.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string&& value) noexcept : value_(std::move(value)) { overwrite(value); }
  explicit Secret(const std::string& value) : value_(value) {}
  explicit Secret(const char* value) : value_(value) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { overwrite(other.value_); }
  Secret& operator=(const Secret& other) { return *this = Secret{other}; }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    overwrite(value_);
    value_ = std::move(other.value_);
    overwrite(other.value_);
    return *this;
  }
  ~Secret() { overwrite(value_); }

  bool operator==(const Secret&) const = delete;

  [[nodiscard]] const std::string& reveal() const { return value_; }

  // Empties a text after overwriting all the memory that it has, for those that hold a secret for a moment.
  static void overwrite(std::string& text) noexcept {
    text.resize(text.capacity());  // needs no other memory; short texts live in the object, where a move leaves them
    ::explicit_bzero(text.data(), text.size());
    text.clear();
  }

 private:
  std::string value_;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

using SecretEnvironment = std::vector<std::pair<std::string, Secret>>;

// Reads values at the moment of use. Errors name the source (a path, a variable, a program) and what to change, never a
// value.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // One trailing newline of a file or of what a program prints is not part of the value.
  // Errors: not_found (no such file, variable or program), denied (unreadable, or readable by others), invalid (no
  // text, too large, nothing printed), timed_out and unavailable (a program that hangs or fails).
  [[nodiscard]] virtual boost::asio::awaitable<Result<Secret>> read(ValueSource source) = 0;
  // docker --env-file syntax; in the file's order. A bare NAME takes teald's own variable, and is left out if unset.
  // Errors: as above; invalid names file:line.
  [[nodiscard]] virtual boost::asio::awaitable<Result<SecretEnvironment>> read_env_file(std::string path) = 0;
};

}  // namespace teal

template <>
struct fmt::formatter<teal::Secret> {
  formatter() = delete;
};
