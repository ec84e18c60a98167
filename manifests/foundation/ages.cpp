#include "manifests/foundation/ages.hpp"

#include <fmt/format.h>

namespace teal {
namespace {

std::string two_units(std::int64_t seconds, std::int64_t large, char large_name, std::int64_t small, char small_name) {
  const auto rest = seconds % large / small;
  return rest == 0 ? fmt::format("{}{}", seconds / large, large_name)
                   : fmt::format("{}{}{}{}", seconds / large, large_name, rest, small_name);
}

std::string whole_seconds(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return two_units(seconds, 60, 'm', 1, 's');
  if (seconds < 86400) return two_units(seconds, 3600, 'h', 60, 'm');
  return two_units(seconds, 86400, 'd', 3600, 'h');
}

}  // namespace

std::string human_duration(Duration duration) {
  const auto count = duration.count();
  if (count <= 0) return "0s";
  if (count < 1000) return fmt::format("{}ms", count);
  if (count < 10'000) return fmt::format("{}.{}s", count / 1000, count % 1000 / 100);
  return whole_seconds(count / 1000);
}

std::string age(std::optional<Time> since, Time now) {
  if (!since) return {};
  return whole_seconds(*since < now ? (now - *since).count() / 1000 : 0);
}

std::string span(std::optional<Time> from, std::optional<Time> to, Time now) {
  if (!from) return {};
  return human_duration(to.value_or(now) - *from);
}

}  // namespace teal
