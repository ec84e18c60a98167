#include "manifests/foundation/parse_time.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <chrono>
#include <sstream>

#include "manifests/foundation/text.hpp"

namespace teal {
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

std::string format_time(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int{date.year()}, unsigned{date.month()},
                     unsigned{date.day()}, clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

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

std::optional<Time> parse_http_time(std::string_view text) {
  std::istringstream stream{std::string{text}};
  date::sys_seconds time;
  if (!(stream >> date::parse("%a, %d %b %Y %H:%M:%S GMT", time))) return std::nullopt;
  return time;
}

}  // namespace teal
