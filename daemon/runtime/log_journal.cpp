#include "daemon/runtime/log_journal.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
// Not the place in this file, which is the same for every line.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace teal::runtime {
namespace {

int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return LOG_DEBUG;
    case LogLevel::Info:
      return LOG_INFO;
    case LogLevel::Warning:
      return LOG_WARNING;
    case LogLevel::Error:
      return LOG_ERR;
  }
  return LOG_INFO;
}

}  // namespace

bool is_journal(int file, const char* stream) {
  struct stat status{};
  if (stream == nullptr || ::fstat(file, &status) != 0) return false;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

std::vector<std::string> journal_fields(LogLevel level, std::string_view application, std::string_view reason,
                                        std::string_view message) {
  std::vector<std::string> fields{fmt::format("MESSAGE={}", message), fmt::format("PRIORITY={}", priority_of(level)),
                                  "SYSLOG_IDENTIFIER=teald"};
  if (!application.empty()) fields.push_back(fmt::format("TEAL_APPLICATION={}", application));
  if (!reason.empty()) fields.push_back(fmt::format("TEAL_REASON={}", reason));
  return fields;
}

bool send_to_journal(const std::vector<std::string>& fields) {
  std::vector<iovec> pieces;
  for (const auto& field : fields) pieces.push_back({const_cast<char*>(field.data()), field.size()});
  return ::sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size())) >= 0;
}

}  // namespace teal::runtime
