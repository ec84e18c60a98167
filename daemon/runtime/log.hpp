// One event, one line, to standard error: JSON for machines or text for people.
//
// Whatever a message contains, it stays one line of valid UTF-8: control characters are escaped, invalid bytes
// replaced, the text truncated at 16 KiB. Repetitions (same application, reason and message) within some seconds are
// only counted; the next such line ends in "(repeated 7 times)". If standard error is systemd's journal, entries go
// there with their fields (MESSAGE, PRIORITY, TEAL_APPLICATION, TEAL_REASON) instead. Callers never put a secret's
// value into it (C2). Safe to call from any thread; never throws.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "manifests/foundation/time.hpp"
#include "manifests/foundation/words.hpp"

namespace teal::runtime {

enum class LogLevel { Debug, Info, Warning, Error };
enum class LogFormat { Json, Text };

// "debug", "info", "warning", "error"; "text", "json"
[[nodiscard]] std::span<const Name<LogLevel>> names_of(LogLevel);
[[nodiscard]] std::span<const Name<LogFormat>> names_of(LogFormat);

class Log {
 public:
  // Lines below `level` are left out. The file descriptor stays the caller's.
  Log(LogFormat format, LogLevel level, int file = 2, Duration quiet = std::chrono::seconds{10});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // application and reason (CamelCase) are left out of the line when empty.
  void write(LogLevel level, std::string_view application, std::string_view reason, std::string_view message) noexcept;

  void debug(std::string_view message) noexcept { write(LogLevel::Debug, "", "", message); }
  void info(std::string_view message) noexcept { write(LogLevel::Info, "", "", message); }
  void warning(std::string_view message) noexcept { write(LogLevel::Warning, "", "", message); }
  void error(std::string_view message) noexcept { write(LogLevel::Error, "", "", message); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace teal::runtime
