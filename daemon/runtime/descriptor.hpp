// A file descriptor that is closed when its owner goes.
#pragma once

#include <unistd.h>

#include <utility>

namespace teal {

class Descriptor {
 public:
  // Negative: none, as `open` and its kin say it.
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  // Gives it away, unclosed.
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

}  // namespace teal
