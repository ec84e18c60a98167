// A value that must never be printed, and where values come from.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "manifests/application.hpp"
#include "manifests/result.hpp"

namespace teal {

// Cannot be printed, formatted or compared by accident; wiped when it goes. `reveal` is the one way to its text.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = other.value_;
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  bool operator==(const Secret&) const = delete;

  [[nodiscard]] const std::string& reveal() const { return value_; }

 private:
  void wipe() noexcept {
    volatile char* bytes = value_.data();
    for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = '\0';
    value_.clear();
  }

  std::string value_;
};

using SecretEnvironment = std::vector<std::pair<std::string, Secret>>;

// Reads values at the moment of use. Errors name the source (a path, a variable), never a value.
class Secrets {
 public:
  virtual ~Secrets() = default;
  // A file's one trailing newline is not part of its value.
  // Errors: not_found (no such file or variable), denied (unreadable, or readable by others), invalid (NUL, too large).
  [[nodiscard]] virtual boost::asio::awaitable<Result<Secret>> read(ValueSource source) = 0;
  // docker --env-file syntax; in the file's order. A bare NAME takes teald's own variable, and is left out if unset.
  // Errors: as above; invalid names file:line.
  [[nodiscard]] virtual boost::asio::awaitable<Result<SecretEnvironment>> read_env_file(std::string path) = 0;
};

}  // namespace teal
