#include "manifests/time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>

#include "manifests/text_rules.hpp"
#include "manifests/utf8.hpp"

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

std::string format_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

namespace {

// Reads fixed-width fields; `good` turns false at the first character that is not as expected and stays so.
struct Scan {
  std::string_view rest;
  bool good = true;

  int number(std::size_t width) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest.empty() || !is_digit(rest.front())) return good = false, 0;
      value = value * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    return value;
  }

  char one_of(std::string_view allowed) {
    if (rest.empty() || allowed.find(rest.front()) == std::string_view::npos) return good = false, '\0';
    const char found = rest.front();
    rest.remove_prefix(1);
    return found;
  }

  int milliseconds() {
    if (rest.empty() || rest.front() != '.') return 0;
    rest.remove_prefix(1);
    int value = 0;
    std::size_t digits = 0;
    for (; !rest.empty() && is_digit(rest.front()); rest.remove_prefix(1), ++digits) {
      if (digits < 3) value = value * 10 + (rest.front() - '0');
    }
    good = good && digits > 0;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }
};

}  // namespace

Result<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  const Error error{ErrorCode::invalid,
                    fmt::format("\"{}\" is not a time: expected RFC 3339 such as 2026-11-22T17:33:19Z",
                                printable(text.substr(0, 40)))};
  Scan scan{text};
  const int y = scan.number(4);
  scan.one_of("-");
  const int m = scan.number(2);
  scan.one_of("-");
  const int d = scan.number(2);
  scan.one_of("Tt ");
  const int hour = scan.number(2);
  scan.one_of(":");
  const int minute = scan.number(2);
  scan.one_of(":");
  const int second = scan.number(2);
  const int fraction = scan.milliseconds();
  const char zone = scan.one_of("Zz+-");
  int offset = 0;
  if (scan.good && (zone == '+' || zone == '-')) {
    const int zone_hour = scan.number(2);
    scan.one_of(":");
    const int zone_minute = scan.number(2);
    if (zone_hour > 23 || zone_minute > 59) return error;
    offset = (zone_hour * 60 + zone_minute) * (zone == '+' ? 1 : -1);
  }
  const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  // 60: a leap second counts as the first moment of the next minute.
  if (!scan.good || !scan.rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return error;
  return Time{sys_days{date}} + hours{hour} + minutes{minute - offset} + seconds{second} + milliseconds{fraction};
}

}  // namespace teal
