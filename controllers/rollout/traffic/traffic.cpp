#include "controllers/rollout/traffic/traffic.hpp"

#include <fmt/format.h>

#include <optional>

namespace teal::rollout {
namespace {

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
    if (view.sight != Sight::Seen) continue;
    for (const auto& server : view.servers) {
      const auto name = spec::parse_container_name(pass.next.application, server.name);
      if (!name) continue;
      const auto key = fmt::format("{}/{}/{}", view.load_balancer, view.backend, server.name);
      const bool new_here = name->revision == pass.next.course.target.number;
      traffic.errors[name->unit] += growth(traffic.seen_errors, key, server.errors, new_here);
      traffic.seen_errors[key] = server.errors;
    }
  }
}

}  // namespace teal::rollout
