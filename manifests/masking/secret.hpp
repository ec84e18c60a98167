// A value that must never be printed.
#pragma once

#include <fmt/core.h>

#include <cstring>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace teal::masking {

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

}  // namespace teal::masking

template <>
struct fmt::formatter<teal::masking::Secret> {
  formatter() = delete;
};
