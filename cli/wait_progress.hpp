// What `teal wait` prints while it waits: what is new, and that it is still there.
//
// A message in other words (a phase is one of them) is news at once. One that differs in its numbers alone, as those
// that count seconds or replicas do, is printed once in `between_counts`, and what stays the same once in
// `sign_of_life`: a log of a pipeline gets few lines. Where it can be painted on (`live`) the newest message stands in
// one line with the time so far, and what was news stays above it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/presentation/screen.hpp"

namespace teal::cli {

class WaitProgress {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds between_counts{10};
  static constexpr std::chrono::seconds sign_of_life{20};  // of 30 at most: an answer may take its time

  WaitProgress(const Screen& screen, bool live, Clock::time_point started)
      : screen_(screen), live_(live), started_(started) {}

  // What is to be written now that this was seen; empty: nothing.
  [[nodiscard]] std::string say(const std::string& message, Clock::time_point now);
  // Before anything else is written: ends the line that is painted.
  [[nodiscard]] std::string end();
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  [[nodiscard]] std::string paint(Clock::time_point now);
  [[nodiscard]] std::string so_far(Clock::time_point now) const;

  Screen screen_;
  bool live_;
  bool painted_ = false;
  Clock::time_point started_;
  std::optional<Clock::time_point> written_;
  std::string last_;   // the newest
  std::string shown_;  // the newest that was written
};

}  // namespace teal::cli
