#include "cli/wait_progress.hpp"

#include <fmt/format.h>

#include "manifests/foundation/ages.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {
namespace {

constexpr std::chrono::seconds between_live_lines{1};

// "3 of 4 after 1m30s" and "12 of 40 after 9m5s" are told in the same words.
std::string without_numbers(const std::string& message) {
  std::string words;
  bool in_number = false;
  for (const char c : message) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !in_number) words += '#';
    if (!digit) words += c;
    in_number = digit;
  }
  return words;
}

}  // namespace

std::string WaitProgress::so_far(Clock::time_point now) const {
  return age(Time{}, Time{} + std::chrono::duration_cast<Duration>(now - started_));
}

std::string WaitProgress::paint(Clock::time_point now) {
  const auto text = fmt::format("{} ({})", screen_.text(last_), so_far(now));
  painted_ = true;
  written_ = now;
  shown_ = last_;
  return "\r\x1b[K" + (screen_.width > 1 ? cut(text, screen_.width - 1, screen_) : text);
}

std::string WaitProgress::say(const std::string& message, Clock::time_point now) {
  const bool news = !written_ || without_numbers(message) != without_numbers(last_);
  const bool counted = message != shown_;
  last_ = message;
  if (live_) {
    if (news) return end() + paint(now);
    return now - *written_ >= between_live_lines || counted ? paint(now) : std::string{};
  }
  const auto quiet = written_ ? now - *written_ : Clock::duration::zero();
  if (!news && quiet < (counted ? between_counts : sign_of_life)) return {};
  written_ = now;
  shown_ = last_;
  const auto text = screen_.text(message);
  return news || counted ? text + '\n' : fmt::format("{} (still, after {})\n", text, so_far(now));
}

std::string WaitProgress::end() {
  if (!painted_) return {};
  painted_ = false;
  return "\n";
}

}  // namespace teal::cli
