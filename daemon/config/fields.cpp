#include "daemon/config/fields.hpp"

#include <fmt/format.h>

#include "daemon/config/address.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/spec/quantity.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal::config {

using yaml::Field;

bool read_path(const Field& field, std::string& out) {
  std::string text;
  if (!read(field, text)) return false;
  if (!spec::is_absolute_path(text)) {
    field.error("expected an absolute path without \"..\"");
    return false;
  }
  out = std::move(text);
  return true;
}

void read_path(const Field& field, std::optional<std::string>& out) {
  if (std::string path; read_path(field, path)) out = std::move(path);
}

void read_socket(const Field& field, std::string_view example, std::string& out) {
  std::string text;
  if (!read(field, text)) return;
  if (auto path = socket_path(text)) {
    out = std::move(*path);
  } else {
    field.error(fmt::format("{} is not a Unix socket: expected text like {}, with a path of at most {} bytes",
                            yaml::in_quotes(text), example, longest_socket_path));
  }
}

bool read_source(const Field& field, spec::ValueSource& out) {
  if (!read(field, out)) return false;
  rules::Rules rules;
  rules.source(out, field.path);
  for (auto& problem : rules.take()) field.report->add(problem.path, std::move(problem.message));
  return true;
}

void read_url(const Field& field, std::optional<std::string>& out) {
  std::string text;
  if (!read(field, text)) return;
  if (!is_url(text)) return field.error("expected a URL such as http://127.0.0.1:8080");
  out = std::move(text);
}

void read_amount(const Field& field, std::int64_t least, std::int64_t most, std::int64_t& out) {
  std::string text;
  if (!yaml::read_as_written(field, text)) return;
  const auto bytes = spec::parse_memory(text);
  if (!bytes) return field.error(bytes.error().message);
  if (*bytes < least || *bytes > most) {
    return field.error(fmt::format("{} is out of range: expected {} to {}", text, spec::format_memory(least),
                                   spec::format_memory(most)));
  }
  out = *bytes;
}

void read_duration(const Field& field, Duration least, Duration most, Duration& out) {
  Duration duration{};
  if (!read(field, duration)) return;
  if (duration < least || duration > most) {
    return field.error(fmt::format("{} is out of range: expected {} to {}", format_duration(duration),
                                   format_duration(least), format_duration(most)));
  }
  out = duration;
}

}  // namespace teal::config
