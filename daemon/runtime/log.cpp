#include "daemon/runtime/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <string>

#include "daemon/runtime/log_journal.hpp"
#include "daemon/runtime/log_repeats.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::runtime {
namespace {

constexpr std::size_t max_text = 16 * 1024;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Writes each line with one call, so that lines of several processes on one stream stay whole.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int file) : file_(file) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string line(message.payload.data(), message.payload.size());
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t written = ::write(file_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // nobody reads: a daemon must not stop for its log
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush_() override {}

  int file_;
};

// Valid UTF-8 of bounded length, without what steers terminals (C1, DEL) or parts lines elsewhere; JSON escapes the
// other control characters by itself, `escape` does it for text.
std::string clean(std::string_view text, bool escape) {
  std::string out;
  const bool cut = text.size() > max_text;
  for (auto rest = first_bytes(text, max_text); !rest.empty();) {
    const auto next = take_character(rest);
    const auto point = next.point;
    if (!next.valid) {
      out += replacement_character;
    } else if (escape && point == '\n') {
      out += "\\n";
    } else if (escape && point == '\t') {
      out += "\\t";
    } else if ((point >= 0x7f && point < 0xa0) || (escape && point < 0x20)) {
      out += fmt::format("\\x{:02x}", point);
    } else if (point == 0x2028 || point == 0x2029) {
      out += fmt::format("\\u{:04x}", point);  // some readers end a line there
    } else {
      out += next.bytes;
    }
  }
  if (cut) out += "…";
  return out;
}

std::string as_json(std::string_view time, LogLevel level, std::string_view application, std::string_view reason,
                    std::string_view message) {
  boost::json::object line;
  line["time"] = time;
  line["level"] = name_of(level);
  if (!application.empty()) line["application"] = clean(application, false);
  if (!reason.empty()) line["reason"] = clean(reason, false);
  line["message"] = clean(message, false);
  return boost::json::serialize(line);
}

std::string as_text(std::string_view time, LogLevel level, std::string_view application, std::string_view reason,
                    std::string_view message) {
  std::string line = fmt::format("{} {:<7} ", time, name_of(level));
  if (!application.empty()) line += clean(application, true) + " ";
  if (!reason.empty()) line += clean(reason, true) + ": ";
  return line + clean(message, true);
}

}  // namespace

std::span<const Name<LogLevel>> names_of(LogLevel) {
  static constexpr std::array<Name<LogLevel>, 4> table{{{LogLevel::Debug, "debug"},
                                                        {LogLevel::Info, "info"},
                                                        {LogLevel::Warning, "warning"},
                                                        {LogLevel::Error, "error"}}};
  return table;
}

std::span<const Name<LogFormat>> names_of(LogFormat) {
  static constexpr std::array<Name<LogFormat>, 2> table{{{LogFormat::Text, "text"}, {LogFormat::Json, "json"}}};
  return table;
}

struct Log::State {
  State(LogFormat its_format, int file, Duration quiet)
      : format(its_format),
        logger("teald", std::make_shared<DescriptorSink>(file)),
        journal(is_journal(file, std::getenv("JOURNAL_STREAM"))),
        repeats(quiet) {}

  LogFormat format;
  spdlog::logger logger;
  bool journal;
  Repeats repeats;
};

Log::Log(LogFormat format, LogLevel level, int file, Duration quiet)
    : state_(std::make_unique<State>(format, file, quiet)) {
  state_->logger.set_level(spdlog_level(level));
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view application, std::string_view reason,
                std::string_view message) noexcept {
  const auto native = spdlog_level(level);
  if (!state_->logger.should_log(native)) return;
  try {
    const auto repeated = state_->repeats.note(application, reason, message);
    if (!repeated) return;
    std::string counted;
    if (*repeated > 0) {
      counted = fmt::format("{} (repeated {} times)", message, *repeated);
      message = counted;
    }
    if (state_->journal && send_to_journal(journal_fields(level, clean(application, false), clean(reason, false),
                                                          clean(message, false)))) {
      return;
    }
    const std::string time = format_time(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
    switch (state_->format) {
      case LogFormat::Json:
        state_->logger.log(native, as_json(time, level, application, reason, message));
        return;
      case LogFormat::Text:
        state_->logger.log(native, as_text(time, level, application, reason, message));
        return;
    }
  } catch (...) {  // out of memory: the line is lost, the daemon goes on
    return;
  }
}

}  // namespace teal::runtime
