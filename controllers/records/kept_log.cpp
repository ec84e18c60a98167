#include "controllers/records/kept_log.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/quantity.hpp"

namespace teal::records {

std::string truncated_log(std::string_view text, std::size_t most) {
  auto mark =
      fmt::format("(truncated: only the last {} are kept)\n", spec::format_memory(static_cast<std::int64_t>(most)));
  const auto room = most > mark.size() ? most - mark.size() : 0;
  text = last_bytes(text, room);
  const auto line = text.find('\n');
  if (line != std::string_view::npos && line < text.size() / 4) text.remove_prefix(line + 1);
  return mark.append(text);
}

namespace {

// Of RFC 3339, with nanoseconds and an offset at most.
constexpr std::size_t longest_time = 40;

// Each line that begins with a time, its time replaced by what `shown` makes of it.
template <class Shown>
std::string each_time(std::string_view log, const Shown& shown) {
  std::string text;
  text.reserve(log.size());
  while (!log.empty()) {
    const auto end = std::min(log.find('\n'), log.size() - 1) + 1;
    const auto mark = log.substr(0, std::min(end, longest_time)).find(time_mark);
    if (mark != std::string_view::npos) {
      text += shown(log.substr(0, mark));
      text += log.substr(mark + 1, end - mark - 1);
    } else {
      text += log.substr(0, end);
    }
    log.remove_prefix(end);
  }
  return text;
}

}  // namespace

std::string without_times(std::string_view log) {
  return each_time(log, [](std::string_view) { return std::string{}; });
}

std::string with_times(std::string_view log) {
  return each_time(log, [](std::string_view time) { return std::string{time} + ' '; });
}

}  // namespace teal::records
