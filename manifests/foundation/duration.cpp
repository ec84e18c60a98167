#include "manifests/foundation/parse_time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>

#include "manifests/foundation/text.hpp"

namespace teal {
namespace {

Error not_a_duration(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("\"{}\" is not a duration: {}; expected text like 500ms, 2s, 15m or 1h30m",
                                          printable(text.substr(0, 40)), why)};
}

struct TimeUnit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// "ms" before "m": the longer name is tried first.
constexpr std::array<TimeUnit, 7> time_units{{{"ns", 1},
                                              {"us", 1'000},
                                              {"µs", 1'000},
                                              {"ms", 1'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000}}};

// One "12.5m" taken off the front, in nanoseconds. A wide type, since 9 digits of fraction times an hour do not fit 64
// bits.
std::optional<__int128> take_term(std::string_view& rest) {
  __int128 value = 0;
  __int128 scale = 1;
  std::size_t digits = 0;
  bool fraction = false;
  while (!rest.empty() && (is_digit(rest.front()) || (rest.front() == '.' && !fraction))) {
    if (rest.front() == '.') {
      fraction = true;
    } else {
      if (++digits > 15) return std::nullopt;
      value = value * 10 + (rest.front() - '0');
      if (fraction) scale *= 10;
    }
    rest.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (const auto& unit : time_units) {
    if (!rest.starts_with(unit.name)) continue;
    rest.remove_prefix(unit.name.size());
    const auto total = value * unit.nanoseconds;
    if (total % scale != 0) return std::nullopt;
    return total / scale;
  }
  return std::nullopt;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return not_a_duration(text, "it is empty");
  if (text == "0") return Duration{0};
  if (text.front() == '-') return not_a_duration(text, "it is negative");
  constexpr __int128 longest = __int128{1'000'000} * 24 * 3'600'000'000'000;  // a million days
  __int128 total = 0;
  for (auto rest = text; !rest.empty();) {
    const auto term = take_term(rest);
    if (!term) return not_a_duration(text, "a number with a unit (ms, s, m, h) is missing");
    total += *term;
    if (total > longest) return not_a_duration(text, "it is too long");
  }
  if (total % 1'000'000 != 0) return not_a_duration(text, "it is not a whole number of milliseconds");
  return Duration{static_cast<std::int64_t>(total / 1'000'000)};
}

std::string format_duration(Duration duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  const auto magnitude = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  std::string text = count < 0 ? "-" : "";
  if (magnitude < 1000) return text + fmt::format("{}ms", magnitude);
  if (const auto hours = magnitude / 3'600'000; hours > 0) text += fmt::format("{}h", hours);
  if (const auto minutes = magnitude / 60'000 % 60; minutes > 0) text += fmt::format("{}m", minutes);
  const auto seconds = magnitude / 1000 % 60;
  auto fraction = fmt::format("{:03}", magnitude % 1000);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (!fraction.empty()) return text + fmt::format("{}.{}s", seconds, fraction);
  if (seconds > 0) text += fmt::format("{}s", seconds);
  return text;
}

}  // namespace teal
