#include "daemon/runtime/retry.hpp"
#include "manifests/foundation/parse_time.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace teal::runtime {
namespace {

using namespace std::chrono_literals;

constexpr Duration longest_retry_after = 1h;

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view text, Time now) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  const auto bounded = [](Duration wait) { return std::clamp<Duration>(wait, 0ms, longest_retry_after); };
  if (text.find_first_not_of("0123456789") == text.npos) {
    std::int64_t seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (read.ec != std::errc{} || seconds > 3600) return longest_retry_after;
    return bounded(std::chrono::seconds{seconds});
  }
  const auto until = parse_http_time(text);
  if (!until) return std::nullopt;
  return bounded(*until - now);
}

Duration backoff(int tries, Duration first, Duration longest, double random) {
  const auto whole = std::min<Duration>(longest, first * (1 << std::clamp(tries - 1, 0, 20)));
  return Duration{static_cast<Duration::rep>(static_cast<double>(whole.count()) * (1.0 - random / 2))};
}

}  // namespace teal::runtime
