#include "controllers/rollout/traffic/traffic.hpp"

#include <fmt/format.h>

#include <algorithm>
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

std::string pool_of(const std::string& load_balancer, const std::string& backend) {
  return load_balancer + "/" + backend;
}

bool counts_requests(const BackendView& view) {
  return view.presence == Presence::Present && std::ranges::any_of(view.servers, &world::Server::up) &&
         std::ranges::all_of(view.servers, [](const world::Server& server) { return server.requests.has_value(); });
}

const world::Witness* witness_of(const Pass& pass, const spec::Component& component) {
  const auto& witnessed = pass.world.traffic.witnessed;
  const auto found = witnessed.find(component.name);
  return found == witnessed.end() ? nullptr : &found->second;
}

}  // namespace

const spec::Component* unreached(const Pass& pass) {
  for (const auto& component : pass.spec().components) {
    if (!component.load_balancer || !pass.world.probed.contains(component.name)) continue;
    const auto* view = pass.backend(*component.load_balancer);
    if (!view || !counts_requests(*view)) continue;
    const auto reached = pass.next.traffic.reached.find(pool_of(view->load_balancer, view->backend));
    if (reached == pass.next.traffic.reached.end() || reached->second == 0) return &component;
    const auto* witness = witness_of(pass, component);
    if (witness && witness->is_stray) return &component;
  }
  return nullptr;
}

const spec::Component* obscured(const Pass& pass, bool with_lasting) {
  constexpr double little_doubt = 0.001;
  constexpr int many_probes = 75;
  for (const auto& component : pass.spec().components) {
    if (!component.load_balancer || !pass.world.probed.contains(component.name)) continue;
    const auto* witness = witness_of(pass, component);
    const bool may_be_shown = witness && witness->probes < many_probes;
    if (witness && witness->doubt > little_doubt && (may_be_shown || with_lasting)) return &component;
  }
  return nullptr;
}

void count_traffic(Pass& pass) {
  auto& traffic = pass.next.traffic;
  traffic.probes += pass.world.traffic.probes;
  traffic.failed += pass.world.traffic.failed;
  traffic.latency.add(pass.world.traffic.latency);
  const bool verifies = pass.next.standing.phase == spec::Phase::Verifying;
  if (!verifies) traffic.reached.clear();
  for (const auto& view : pass.world.backends) {
    if (view.presence != Presence::Present) continue;
    for (const auto& server : view.servers) {
      const auto name = spec::parse_container_name(pass.next.application, server.name);
      if (!name) continue;
      const auto key = fmt::format("{}/{}/{}", view.load_balancer, view.backend, server.name);
      const bool new_here = name->revision == pass.next.course.target.number;
      traffic.errors[name->unit] += growth(traffic.seen_errors, key, server.errors, new_here);
      traffic.seen_errors[key] = server.errors;
      if (!server.requests) continue;
      const auto given = growth(traffic.seen_requests, key, *server.requests, false);
      if (verifies) traffic.reached[pool_of(view.load_balancer, view.backend)] += given;
      traffic.seen_requests[key] = *server.requests;
    }
  }
}

}  // namespace teal::rollout
