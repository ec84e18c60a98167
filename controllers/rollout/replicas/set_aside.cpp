#include "controllers/rollout/replicas/set_aside.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/replicas/replicas.hpp"
#include "manifests/masking/mask_text.hpp"

namespace teal::rollout {
namespace {

constexpr Duration until_others_are_asked = std::chrono::milliseconds{500};

enum class Others { NoneWell, NotAskedSince, Well };

Others others_of(const Pass& pass, const world::Container& failing, const BackendView& view) {
  const auto own = pass.world.health.find(failing.id);
  auto found = Others::NoneWell;
  for (const auto& server : view.servers) {
    const auto* one = pass.container(server.name);
    if (!server.up || !one || one->id == failing.id || one->unit != failing.unit ||
        one->state != world::ContainerState::Running || pass.next.leaving.stopping.contains(one->id))
      continue;
    const auto health = pass.world.health.find(one->id);
    if (health == pass.world.health.end() || !health->second.ever || health->second.failures > 0) continue;
    // It has been asked since this one began to fail, and this one since it has been well: when all had failed
    // together, the first that is well again proves nothing against those that have not been asked yet.
    const bool is_known = own == pass.world.health.end() || (health->second.asked >= own->second.failing_from &&
                                                             own->second.asked >= health->second.well_from);
    if (is_known) return Others::Well;
    found = Others::NotAskedSince;
  }
  return found;
}

const world::Server* server_of(const BackendView& view, const world::Container& container) {
  const auto found = std::ranges::find(view.servers, container.name, &world::Server::name);
  return found == view.servers.end() ? nullptr : &*found;
}

std::string failure_text(const Pass& pass, const spec::Component& component, const world::Container& container) {
  const auto view = pass.world.health.find(container.id);
  const auto answer = view == pass.world.health.end() ? std::string{"nothing"} : view->second.answer;
  const auto& engine = container.engine_error;
  return fmt::format("{}: {}{}{}", masking::mask_connection_strings(component.health.path), answer,
                     engine.empty() ? "" : "; ", engine);
}

void keep_out(Pass& pass, const spec::Component& component, const BackendView& view,
              const world::Container& container) {
  const auto* server = server_of(view, container);
  if (!server || server->intake != world::Intake::Open) return;
  pass.next.leaving.draining.insert_or_assign(server->name, pass.now);
  pass.next.admitted.erase(server->name);
  pass.act(DrainServer{component.load_balancer->name, component.load_balancer->backend, server->name});
  pass.poll();
}

}  // namespace

bool set_aside(Pass& pass, const spec::Component& component, const world::Container& container,
               const std::string& replica) {
  if (mutants::mutated("t1-sick-one-stays")) return false;
  const auto* view = pass.backend(*component.load_balancer);
  const auto known = pass.next.aside.find(container.id);
  const bool is_known = known != pass.next.aside.end();
  if (!view || view->presence != Presence::Present) return is_known && !known->second.given_back;
  const auto others = mutants::mutated("t1-all-set-aside") ? Others::Well : others_of(pass, container, *view);
  if (!is_known) {
    const auto* server = server_of(*view, container);
    if (!server || !server->up || server->address != container.address.value_or("")) return false;
    if (others == Others::NotAskedSince) pass.wake_in(until_others_are_asked);
    if (others != Others::Well) return false;
    pass.next.aside.insert_or_assign(container.id, records::AsideRecord{pass.now, false});
    pass.warning(
        spec::Reason::ReplicaSetAside,
        fmt::format("{} failed its health check {} times in a row while others are well: it takes no traffic "
                    "until it answers again ({})",
                    replica, pass.world.health.at(container.id).failures, failure_text(pass, component, container)));
  } else if (others == Others::NoneWell && !known->second.given_back) {
    known->second.given_back = true;
    pass.warning(spec::Reason::ReplicaGivenBack,
                 fmt::format("{} takes traffic again although it fails its health check, since no other replica is "
                             "well ({})",
                             replica, failure_text(pass, component, container)));
  } else if (others == Others::Well && known->second.given_back) {
    known->second = {pass.now, false};
    pass.warning(spec::Reason::ReplicaSetAside,
                 fmt::format("{} still fails its health check and others are well again: it takes no traffic until it "
                             "answers ({})",
                             replica, failure_text(pass, component, container)));
  }
  const bool is_out = !pass.next.aside.at(container.id).given_back;
  if (is_out) keep_out(pass, component, *view, container);
  return is_out;
}

bool still_aside(Pass& pass, const spec::Component& component, const world::Container& container,
                 const std::string& replica) {
  const auto known = pass.next.aside.find(container.id);
  if (known == pass.next.aside.end()) return false;
  const auto view = pass.world.health.find(container.id);
  const int successes = view == pass.world.health.end() ? 0 : view->second.successes;
  if (successes < component.health.successes) {
    pass.wait(spec::Reason::WaitingForHealth,
              fmt::format("{} answers again; it takes traffic once it has {} times in a row ({} so far)", replica,
                          component.health.successes, successes));
    return !known->second.given_back;
  }
  pass.event(spec::Reason::ReplicaGivenBack, fmt::format("{} is well again and takes its traffic again", replica));
  pass.next.aside.erase(known);
  return false;
}

bool is_given_back(const Pass& pass, const world::Container& container) {
  const auto known = pass.next.aside.find(container.id);
  return known != pass.next.aside.end() && known->second.given_back;
}

}  // namespace teal::rollout
