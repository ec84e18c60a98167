#include "tests/sample_app/settings.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>

namespace sample {
namespace {

std::string text(const char* name, std::string fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : std::move(fallback);
}

int number(const char* name, int fallback) {
  const std::string value = text(name, std::to_string(fallback));
  int result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc{} || end != value.data() + value.size() || result < 0) {
    throw std::invalid_argument(std::string(name) + " must be a whole number, not '" + value + "'");
  }
  return result;
}

bool flag(const char* name) {
  const std::string value = text(name, "0");
  return value != "0" && value != "false";
}

std::optional<std::chrono::milliseconds> delay(const char* name) {
  if (text(name, "").empty()) return std::nullopt;
  return std::chrono::milliseconds(number(name, 0));
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace

Settings read_settings() {
  Settings settings;
  settings.version = text("APP_VERSION", "0");
  settings.schema = number("APP_SCHEMA", 1);
  settings.replica = host_name();
  settings.port = number("PORT", 8000);
  settings.db_host = text("DB__HOST", "127.0.0.1");
  settings.db_port = text("DB__PORT", "5432");
  settings.db_name = text("DB__NAME", "sample");
  settings.db_user = text("DB__USER", "app");
  settings.db_password = text("DB__PASSWORD", "");
  settings.slow_start = std::chrono::milliseconds(number("SLOW_START_MS", 0));
  settings.never_healthy = flag("NEVER_HEALTHY");
  settings.healthy_then_crash = delay("HEALTHY_THEN_CRASH_MS");
  settings.healthy_then_sick = delay("HEALTHY_THEN_SICK_MS");
  settings.ignore_sigterm = flag("IGNORE_SIGTERM");
  return settings;
}

}  // namespace sample
