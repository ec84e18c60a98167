#include "manifests/validate/places.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

namespace teal::rules {
namespace {

std::string unknown_balancer(const std::string& name, const Places& places) {
  if (places.load_balancers.empty()) {
    return fmt::format(
        "teald.yaml has no load balancers: add {} under loadBalancers and restart teald, or take loadBalancer out",
        name);
  }
  return fmt::format("teald.yaml has no load balancer {}: it has {}", name,
                     fmt::join(places.load_balancers | std::views::keys, ", "));
}

}  // namespace

std::vector<Problem> place_problems(const spec::Application& application, const Places& places) {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < application.spec.components.size(); ++i) {
    const auto& use = application.spec.components[i].load_balancer;
    if (!use) continue;
    const auto path = fmt::format("spec.components[{}].loadBalancer", i);
    const auto found = places.load_balancers.find(use->name);
    if (found == places.load_balancers.end()) {
      problems.push_back({path + ".name", unknown_balancer(use->name, places), ""});
    } else if (!use->routes.empty() && !found->second.takes_routes) {
      problems.push_back({path + ".routes",
                          fmt::format("the configuration of load balancer {} is written by people, so routes have no "
                                      "effect there: take them out and name its backend, or have Teal keep the load "
                                      "balancer (haproxy.managed in teald.yaml)",
                                      use->name),
                          ""});
    }
  }
  const auto servers = application.spec.adopt ? application.spec.adopt->servers : std::vector<std::string>{};
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto path = fmt::format("spec.adopt.servers[{}]", i);
    const auto balancer = servers[i].substr(0, servers[i].find('/'));
    const auto found = places.load_balancers.find(balancer);
    const bool is_used = std::ranges::any_of(application.spec.components, [&](const spec::Component& one) {
      return one.load_balancer && one.load_balancer->name == balancer;
    });
    if (found == places.load_balancers.end()) {
      problems.push_back({path, unknown_balancer(balancer, places), ""});
    } else if (found->second.takes_routes) {
      problems.push_back({path,
                          fmt::format("Teal keeps load balancer {}, so it has no servers of others: name the "
                                      "containers that ran before, and they serve behind it until the new version does",
                                      balancer),
                          ""});
    } else if (!is_used) {
      problems.push_back(
          {path,
           fmt::format("no component uses load balancer {}, so nothing could take over from this server", balancer),
           ""});
    }
  }
  return problems;
}

}  // namespace teal::rules
