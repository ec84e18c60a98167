// Suppresses repeated log lines. Any thread; bounded memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/foundation/time.hpp"

namespace teal::runtime {

class Repeats {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Repeats(Duration quiet) : quiet_(quiet) {}

  // How often this was held back since it was last let through; nothing: hold it back now.
  [[nodiscard]] std::optional<std::uint64_t> note(std::string_view application, std::string_view reason,
                                                  std::string_view message, Clock::time_point now = Clock::now());

 private:
  struct Said {
    Clock::time_point at;
    std::uint64_t held_back = 0;
  };

  void make_room(Clock::time_point now);

  Duration quiet_;
  std::mutex mutex_;
  std::map<std::string, Said, std::less<>> said_;
};

}  // namespace teal::runtime
