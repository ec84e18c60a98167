// A budget for looking around in one text, which keeps masking linear in the text whoever wrote it; ordinary texts use
// a fraction of it. When it is used up, the place in question is masked. Private to manifests.
#pragma once

#include <cstddef>

namespace teal::masking {

class Effort {
 public:
  explicit Effort(std::size_t text_bytes) : left_(text_bytes * per_byte + least) {}

  // For having looked at so many bytes. False: there is nothing left, now and from now on.
  [[nodiscard]] bool spend(std::size_t bytes) {
    if (left_ < bytes)
      left_ = 0;
    else
      left_ -= bytes;
    return left_ > 0;
  }

 private:
  static constexpr std::size_t per_byte = 8;
  static constexpr std::size_t least = 1U << 16U;
  std::size_t left_;
};

}  // namespace teal::masking
