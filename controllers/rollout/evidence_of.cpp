#include "controllers/rollout/evidence_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace teal {
namespace {

constexpr std::size_t most_containers = 12;
constexpr std::size_t most_servers = 24;

std::string_view state_of(const Container& container) {
  switch (container.state) {
    case ContainerState::Created:
      return "Created";
    case ContainerState::Running:
      return "Running";
    case ContainerState::Exited:
      return "Exited";
  }
  return "Exited";
}

std::string_view state_of(const Server& server) {
  switch (server.admin) {
    case ServerAdmin::Ready:
      return server.up ? "Up" : "Down";
    case ServerAdmin::Drain:
      return "Draining";
    case ServerAdmin::Maintenance:
      return "Maintenance";
  }
  return "Down";
}

ContainerEvidence of(const Pass& pass, const Container& container) {
  ContainerEvidence evidence;
  evidence.container = container.name;
  evidence.unit = container.unit;
  evidence.job = container.role == Role::Migrate;
  evidence.revision = container.revision;
  evidence.state = state_of(container);
  evidence.exit_code = container.exit_code;
  evidence.exit_witnessed = container.exit_witnessed;
  evidence.out_of_memory = container.out_of_memory;
  evidence.engine_error = container.engine_error;
  evidence.started_at = container.started_at;
  evidence.finished_at = container.finished_at;
  if (const auto view = pass.world.health.find(container.id); view != pass.world.health.end()) {
    evidence.answer = view->second.answer;
    evidence.body = view->second.body;
    evidence.failures = view->second.failures;
  }
  return evidence;
}

// What failed first: the newest revision's, ended or failing ones before those that are well.
int rank(const Pass& pass, const Container& container) {
  const auto view = pass.world.health.find(container.id);
  const bool failing = view != pass.world.health.end() && view->second.failures > 0;
  const bool well = container.state == ContainerState::Running && !failing;
  return (container.revision == pass.next.target.number ? 0 : 2) + (well ? 1 : 0);
}

}  // namespace

void take_evidence(Pass& pass, const std::string& reason) {
  Evidence evidence;
  evidence.at = pass.now;
  evidence.reason = reason;
  std::vector<const Container*> containers;
  for (const auto& one : pass.world.containers) containers.push_back(&one);
  std::ranges::sort(containers, {}, [&](const Container* one) { return std::pair{rank(pass, *one), one->name}; });
  for (const auto* one : containers) {
    if (evidence.containers.size() < most_containers) evidence.containers.push_back(of(pass, *one));
  }
  for (const auto& view : pass.world.backends) {
    if (view.problem) {
      evidence.load_balancer_problems.push_back(
          fmt::format("{}/{}: {}", view.load_balancer, view.backend, view.problem->message));
    }
    for (const auto& server : view.servers) {
      if (evidence.servers.size() >= most_servers) break;
      evidence.servers.push_back({view.load_balancer, view.backend, server.name, std::string{state_of(server)},
                                  server.check, server.sessions, server.errors});
    }
  }
  evidence.traffic = pass.world.traffic.answer;
  pass.next.evidence = std::move(evidence);
}

}  // namespace teal
