// A container's output as the engine streams it: frames of standard output and standard error, or raw from a terminal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "controllers/ports/engine.hpp"

namespace teal::docker {

// Takes the stream piece by piece, however it is split; holds at most about twice `max_bytes`.
class LogTail {
 public:
  // `stamped`: each frame begins with a time and a blank (`timestamps=1`), which are no part of the text.
  explicit LogTail(std::size_t max_bytes, bool stamped = false) : max_bytes_(max_bytes), stamped_(stamped) {}

  void feed(std::string_view piece);
  // The last bytes, at most max_bytes, beginning with a whole character: valid UTF-8 without NUL.
  [[nodiscard]] std::string text() const;
  // The same with the times of those lines that begin in it.
  [[nodiscard]] ports::Output output() const;

 private:
  void keep(std::string_view payload);
  void keep_stamped(std::string_view payload);
  void end_stamp();

  std::size_t max_bytes_;
  std::string kept_;
  std::array<char, 8> header_{};
  std::size_t header_size_ = 0;
  std::uint32_t payload_left_ = 0;
  bool raw_ = false;
  bool stamped_ = false;
  bool in_stamp_ = false;                  // of the present frame
  std::string stamp_;                      // as far as it is there
  std::size_t erased_ = 0;                 // bytes before those that are kept
  std::deque<ports::Output::Line> lines_;  // `at` counts the erased ones, too
};

}  // namespace teal::docker
