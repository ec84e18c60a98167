#include "controllers/rollout/traffic/traffic.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace teal {
namespace {

struct ServerName {
  std::string component;
  int revision = 0;
};

// "teal-shop-api-r7-0"
std::optional<ServerName> parse(std::string_view name, std::string_view application) {
  const auto prefix = fmt::format("teal-{}-", application);
  const auto tail = name.rfind("-r");
  if (!name.starts_with(prefix) || tail == std::string_view::npos || tail <= prefix.size()) return std::nullopt;
  ServerName parsed;
  parsed.component = name.substr(prefix.size(), tail - prefix.size());
  const auto digits = name.substr(tail + 2);
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.revision);
  if (end.ec != std::errc{}) return std::nullopt;
  return parsed;
}

// What a counter grew by since it was last seen. A new server of this rollout begins at 0; what another one had before
// is not this rollout's. A smaller value is a counter that began anew, with its load balancer.
std::uint64_t growth(const std::map<std::string, std::uint64_t>& seen, const std::string& key, std::uint64_t now,
                     bool from_zero) {
  const auto before = seen.find(key);
  if (before == seen.end()) return from_zero ? now : 0;
  return now >= before->second ? now - before->second : now;
}

}  // namespace

void count_traffic(Pass& pass) {
  auto& traffic = pass.next.traffic;
  traffic.probes += pass.world.traffic.probes;
  traffic.failed += pass.world.traffic.failed;
  traffic.latency.add(pass.world.traffic.latency);
  for (const auto& view : pass.world.backends) {
    if (view.problem) continue;
    for (const auto& server : view.servers) {
      const auto name = parse(server.name, pass.next.application);
      if (!name) continue;
      const auto key = fmt::format("{}/{}/{}", view.load_balancer, view.backend, server.name);
      const bool new_here = name->revision == pass.next.course.target.number;
      traffic.errors[name->component] += growth(traffic.seen_errors, key, server.errors, new_here);
      traffic.seen_errors[key] = server.errors;
    }
  }
}

}  // namespace teal
