#pragma once
// What the sample application is told by its environment (README.md lists every variable).
//
// Durations are milliseconds. A variable that is not set, or is empty, has the default named here. A malformed
// number throws std::invalid_argument with the variable's name: the process exits 2 before it serves anything.
#include <chrono>
#include <optional>
#include <string>

namespace sample {

struct Settings {
  std::string version;  // APP_VERSION, baked into the image
  int schema = 1;       // APP_SCHEMA: the schema that this version needs, baked into the image
  std::string replica;  // the container's host name
  int port = 8000;      // PORT

  std::string db_host;      // DB__HOST: a name, an address or the directory of a Unix socket
  std::string db_port;      // DB__PORT
  std::string db_name;      // DB__NAME
  std::string db_user;      // DB__USER
  std::string db_password;  // DB__PASSWORD: never printed

  std::chrono::milliseconds slow_start{0};                        // SLOW_START_MS
  bool never_healthy = false;                                     // NEVER_HEALTHY=1
  std::optional<std::chrono::milliseconds> healthy_then_crash{};  // HEALTHY_THEN_CRASH_MS
  std::optional<std::chrono::milliseconds> healthy_then_sick{};   // HEALTHY_THEN_SICK_MS
  bool ignore_sigterm = false;                                    // IGNORE_SIGTERM=1
};

[[nodiscard]] Settings read_settings();

}  // namespace sample
