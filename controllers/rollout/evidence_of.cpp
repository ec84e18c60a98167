#include "controllers/rollout/evidence_of.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace teal::rollout {
namespace {

constexpr std::size_t most_containers = 12;
constexpr std::size_t most_servers = 24;

std::string_view state_of(const world::Container& container) {
  switch (container.state) {
    case world::ContainerState::Created:
      return "Created";
    case world::ContainerState::Running:
      return "Running";
    case world::ContainerState::Exited:
      return "Exited";
  }
  return "Exited";
}

std::string_view state_of(const world::Server& server) {
  switch (server.intake) {
    case world::Intake::Open:
      return server.up ? "Up" : "Down";
    case world::Intake::Draining:
      return "Draining";
    case world::Intake::Closed:
      return "Maintenance";
  }
  return "Down";
}

std::string security_of(const Pass& pass, const world::Container& container) {
  const auto& active = pass.next.course.active;
  const bool is_active = active && active->number == container.revision;
  if (!is_active && pass.next.course.target.number != container.revision) return {};
  const auto& spec = is_active ? active->application.spec : pass.next.course.target.application.spec;
  const auto* component = spec::find_component(spec, container.unit);
  const auto* job = spec::find_job(spec, container.unit);
  if (component != nullptr) return to_string(component->security);
  return job != nullptr ? to_string(job->security) : std::string{};
}

objects::ContainerEvidence of(const Pass& pass, const world::Container& container) {
  objects::ContainerEvidence evidence;
  evidence.container = container.name;
  evidence.unit = container.unit;
  evidence.job = container.role == world::Role::Migrate;
  evidence.revision = container.revision;
  evidence.state = state_of(container);
  evidence.exit_code = container.exit_code;
  evidence.exit_witnessed = container.exit_witnessed;
  evidence.out_of_memory = container.out_of_memory;
  evidence.engine_error = container.engine_error;
  evidence.security = security_of(pass, container);
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
int rank(const Pass& pass, const world::Container& container) {
  const auto view = pass.world.health.find(container.id);
  const bool failing = view != pass.world.health.end() && view->second.failures > 0;
  const bool well = container.state == world::ContainerState::Running && !failing;
  return (container.revision == pass.next.course.target.number ? 0 : 2) + (well ? 1 : 0);
}

objects::ServerEvidence of(const BackendView& view, const world::Server& server) {
  return {view.load_balancer, view.backend,    server.name,   std::string{state_of(server)},
          server.check,       server.sessions, server.errors, false};
}

bool is_same(const objects::ServerEvidence& one, const objects::ServerEvidence& other) {
  return one.load_balancer == other.load_balancer && one.backend == other.backend && one.server == other.server;
}

bool is_of_target(const Pass& pass, const std::string& server) {
  const auto name = spec::parse_container_name(pass.next.application, server);
  return name && name->revision == pass.next.course.target.number &&
         spec::find_component(pass.spec(), name->unit) != nullptr;
}

// The target's first: they are what it is about. Those that were removed meanwhile and are not back are as last seen.
std::vector<objects::ServerEvidence> servers_seen(const Pass& pass) {
  std::vector<objects::ServerEvidence> servers;
  for (const auto& view : pass.world.backends) {
    for (const auto& server : view.servers) servers.push_back(of(view, server));
  }
  for (const auto& gone : pass.next.outcome.removed_servers) {
    const auto is_it = [&](const objects::ServerEvidence& one) { return is_same(one, gone); };
    if (std::ranges::none_of(servers, is_it)) servers.push_back(gone);
  }
  std::ranges::sort(servers, {}, [&](const objects::ServerEvidence& one) {
    return std::tuple{!is_of_target(pass, one.server), one.load_balancer, one.backend, one.server};
  });
  if (servers.size() > most_servers) servers.resize(most_servers);
  return servers;
}

}  // namespace

void note_server(Pass& pass, const BackendView& view, const world::Server& server) {
  const bool is_judged =
      records::is_terminal(pass.next.standing.phase) || pass.next.standing.phase == spec::Phase::RollingBack;
  if (is_judged || !is_of_target(pass, server.name)) return;
  auto seen = of(view, server);
  seen.removed = true;
  auto& all = pass.next.outcome.removed_servers;
  const auto before = std::ranges::find_if(all, [&](const objects::ServerEvidence& one) { return is_same(one, seen); });
  if (before != all.end()) {
    *before = std::move(seen);
  } else if (all.size() < most_servers) {
    all.push_back(std::move(seen));
  }
}

void complete_evidence(Pass& pass) {
  if (!pass.next.outcome.evidence || pass.next.standing.phase == spec::Phase::Complete) return;
  for (auto& known : pass.next.outcome.evidence->containers) {
    if (!known.job || known.state != "Running") continue;
    const auto* container = pass.container(known.container);
    if (container == nullptr) {
      known.state = "Gone";
    } else if (container->state == world::ContainerState::Exited) {
      known = of(pass, *container);
    }
  }
}

void take_evidence(Pass& pass, const spec::Reason& reason) {
  objects::Evidence evidence;
  evidence.at = pass.now;
  evidence.reason = reason;
  std::vector<const world::Container*> containers;
  for (const auto& one : pass.world.containers) containers.push_back(&one);
  std::ranges::sort(containers, {},
                    [&](const world::Container* one) { return std::pair{rank(pass, *one), one->name}; });
  for (const auto* one : containers) {
    if (evidence.containers.size() < most_containers) evidence.containers.push_back(of(pass, *one));
  }
  for (const auto& view : pass.world.backends) {
    if (view.presence != Presence::Present) {
      evidence.load_balancer_problems.push_back(fmt::format("{}/{}: {}", view.load_balancer, view.backend, view.why));
    }
  }
  evidence.servers = servers_seen(pass);
  pass.next.outcome.removed_servers.clear();
  evidence.traffic = pass.world.traffic.answer;
  pass.next.outcome.evidence = std::move(evidence);
}

}  // namespace teal::rollout
