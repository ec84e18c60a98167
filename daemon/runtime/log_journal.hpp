// Log lines as entries of systemd's journal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/runtime/log.hpp"

namespace teal::runtime {

// Whether the file is the journal's stream: `stream` is $JOURNAL_STREAM, "device:inode", and may be null. A process
// that was started from a service with its output elsewhere has the variable too.
[[nodiscard]] bool is_journal(int file, const char* stream);

// "MESSAGE=…", "PRIORITY=4" …; without fields that are empty.
[[nodiscard]] std::vector<std::string> journal_fields(LogLevel level, std::string_view application,
                                                      std::string_view reason, std::string_view message);

// False when the journal did not take it.
[[nodiscard]] bool send_to_journal(const std::vector<std::string>& fields);

}  // namespace teal::runtime
