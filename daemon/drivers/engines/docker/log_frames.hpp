// A container's output as the engine streams it: frames of standard output and standard error, or raw from a terminal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace teal::docker {

// Takes the stream piece by piece, however it is split; holds at most about twice `max_bytes`.
class LogTail {
 public:
  explicit LogTail(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void feed(std::string_view piece);
  // The last bytes, at most max_bytes, beginning with a whole character: valid UTF-8 without NUL.
  [[nodiscard]] std::string text() const;

 private:
  void keep(std::string_view payload);

  std::size_t max_bytes_;
  std::string kept_;
  std::array<char, 8> header_{};
  std::size_t header_size_ = 0;
  std::uint32_t payload_left_ = 0;
  bool raw_ = false;
};

}  // namespace teal::docker
