#include "cli/expiry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "manifests/foundation/parse_time.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::cli {
namespace {

Error not_an_expiry(std::string_view text) {
  return {ErrorCode::invalid,
          fmt::format("\"{}\" is neither a duration such as 90d or 12h nor a time such as 2027-01-01T00:00:00Z",
                      text.substr(0, 40))};
}

// Days, which other durations do not have, stand in front.
Result<Duration> parse_days(std::string_view text) {
  const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  Duration days{0};
  if (digits > 0 && digits <= 7 && text.substr(digits).starts_with('d')) {
    days = std::chrono::days{std::stol(std::string{text.substr(0, digits)})};
    text.remove_prefix(digits + 1);
    if (text.empty()) return days;
  }
  const auto rest = parse_duration(text);
  if (!rest) return rest;
  return days + *rest;
}

}  // namespace

Result<Time> parse_expiry(std::string_view text, Time now) {
  using namespace std::chrono;
  Time at;
  if (const auto duration = parse_days(text)) {
    at = now + *duration;
  } else if (const auto time = parse_time(text)) {
    at = *time;
  } else {
    return not_an_expiry(text);
  }
  at = floor<seconds>(at);
  if (at <= now) return Error{ErrorCode::invalid, fmt::format("{} is past: the token would never be good", text)};
  if (at >= Time{sys_days{year{9999} / 12 / 31}}) {
    return Error{ErrorCode::invalid, fmt::format("{} lies too far ahead; leave --expires out for no end", text)};
  }
  return at;
}

}  // namespace teal::cli
