// T1–T4: what is done to servers, and to replicas that may stand behind one.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

const spec::Component* user_of(const spec::ApplicationSpec& spec, const std::string& component,
                               const std::string& load_balancer, const std::string& backend) {
  const auto* found = spec::find_component(spec, component);
  const bool uses = found && found->load_balancer && found->load_balancer->name == load_balancer &&
                    found->load_balancer->backend == backend;
  return uses ? found : nullptr;
}

bool keeps_serving(const records::RolloutRecord& record) {
  if (rollout::strategy_of(record) == spec::Strategy::BlueGreen || records::is_terminal(record.standing.phase))
    return true;
  return record.standing.phase == spec::Phase::Pending || record.standing.phase == spec::Phase::Preparing;
}

}  // namespace

void Monitors::before_ready(const Effect& effect) {
  const auto place = place_of(effect.name);
  if (!place) return report(Promise::O2, effect.name, to_text(effect) + ", which is no server of ours");
  if (!is_informed(place->application) || blurred_.contains(effect.name)) return;
  for (const auto& server : models_.balancers.at(effect.load_balancer)->look(effect.backend)) {
    if (server.name != effect.name || server.intake == world::Intake::Open) continue;
    const auto* replica = replica_of(server);
    if (!replica) return report(Promise::T2, effect.name, to_text(effect) + ", behind which nothing runs");
    const auto* revision = revision_of(place->application, place->revision);
    if (revision && replica->seen.image_id != revision->image_id) {
      report(Promise::T2, effect.name, fmt::format("{} with image {}", to_text(effect), replica->seen.image_id));
    }
    if (models_.has_passed && !models_.has_passed(replica->seen.id)) {
      report(Promise::T2, effect.name, to_text(effect) + ", whose replica never passed its health check");
    }
  }
}

void Monitors::before_leaving(const Effect& effect) {
  const auto place = place_of(effect.name);
  if (!place) return report(Promise::O2, effect.name, to_text(effect) + ", which is no server of ours");
  const auto& all = models_.balancers.at(effect.load_balancer)->look(effect.backend);
  const auto server = std::ranges::find(all, effect.name, &world::Server::name);
  if (server == all.end() || blurred_.contains(effect.name)) return;
  const auto* replica = replica_of(*server);
  if (effect.kind == Effect::Kind::DetachServer) check_sessions(effect, *server, replica);
  if (!server->up || !replica || !is_informed(place->application)) return;
  const Pool pool{place->application, place->component, effect.load_balancer, effect.backend};
  if (may_be_set_aside(pool, replica->seen.id)) return;
  check_traffic(pool, to_text(effect));
  check_new_serve(pool, *place, to_text(effect));
}

void Monitors::probed(const std::string& id, bool well) {
  ++probes_;
  if (!well) {
    failing_from_.try_emplace(id, probes_);
    return;
  }
  well_in_[id] = probes_;
  failing_from_.erase(id);
}

// It fails its own check, and another that takes traffic has passed its since then: it is no loss to anybody.
bool Monitors::may_be_set_aside(const Pool& pool, const std::string& id) {
  if (!was_unwell(id)) return false;
  const auto failing = failing_from_.find(id);
  for (const auto& server : models_.balancers.at(pool.load_balancer)->look(pool.backend)) {
    const auto* other = server.up ? replica_of(server) : nullptr;
    if (!other || other->seen.id == id) continue;
    const auto well = well_in_.find(other->seen.id);
    const bool was_well = failing != failing_from_.end() && well != well_in_.end() && well->second >= failing->second;
    if (was_well || models_.is_well(other->seen.id)) return true;
  }
  return false;
}

int Monitors::wanted(const Pool& pool) const {
  const auto* record = models_.store->newest(pool.application);
  const auto* desired = models_.store->application(pool.application);
  if (!record || !record->course.active || !desired || desired->deleting) return 0;
  if (!keeps_serving(*record) || is_stop_first(pool.application, pool.component)) return 0;
  int least = 1 << 20;
  const auto consider = [&](const spec::ApplicationSpec& spec) {
    const auto* component = user_of(spec, pool.component, pool.load_balancer, pool.backend);
    least = std::min(least, component ? component->replicas : 0);
  };
  consider(record->course.active->application.spec);
  consider(record->course.target.application.spec);
  consider(desired->application.spec);
  return least;
}

int Monitors::in_traffic(const Pool& pool) const {
  int count = 0;
  for (const auto& server : models_.balancers.at(pool.load_balancer)->look(pool.backend)) {
    if (!server.up || !replica_of(server)) continue;
    const auto place = place_of(server.name);
    if (place && place->application == pool.application && place->component == pool.component) ++count;
  }
  return count;
}

void Monitors::check_traffic(const Pool& pool, const std::string& what) {
  const int least = wanted(pool);
  const int before = in_traffic(pool);
  if (before > least) return;
  if (least == 0) return;
  report(Promise::T1, what,
         fmt::format("{} takes one of {} servers out of traffic, {} are wanted", what, before, least));
}

void Monitors::check_new_serve(const Pool& pool, const Place& place, const std::string& what) {
  const auto* record = models_.store->newest(pool.application);
  if (!record || !record->course.active || rollout::strategy_of(*record) != spec::Strategy::BlueGreen) return;
  if (record->course.active->number == record->course.target.number || place.revision != record->course.active->number)
    return;
  if (is_stop_first(pool.application, pool.component)) return;
  if (const auto* desired = models_.store->application(pool.application); !desired || desired->deleting) return;
  const bool leaving =
      record->standing.phase == spec::Phase::Withdrawing || record->standing.phase == spec::Phase::Retiring;
  if (!leaving) {
    const auto* component = spec::find_component(record->course.active->application.spec, place.component);
    if (records::is_terminal(record->standing.phase) || record->standing.phase == spec::Phase::RollingBack) return;
    if (component && place.index >= component->replicas) return;  // scaled down
    return report(Promise::T4, what,
                  fmt::format("{} while the rollout is {}", what, to_string(record->standing.phase)));
  }
  for (const auto& component : record->course.target.application.spec.components) {
    if (!component.load_balancer) continue;
    const auto balancer = models_.balancers.find(component.load_balancer->name);
    if (balancer == models_.balancers.end()) continue;
    const auto servers = balancer->second->look(component.load_balancer->backend);
    for (int index = 0; index < component.replicas; ++index) {
      const auto name = spec::container_name(pool.application, component.name, record->course.target.number, index);
      const auto server = std::ranges::find(servers, name, &world::Server::name);
      if (server == servers.end() || !server->up || !replica_of(*server)) {
        report(Promise::T4, what, fmt::format("{} while {} does not serve", what, name));
      }
    }
  }
}

bool Monitors::is_drain_over(const std::string& server, std::optional<Time> begun) const {
  const auto place = place_of(server);
  const auto* record = place ? models_.store->newest(place->application) : nullptr;
  const auto* revision = place ? revision_of(place->application, place->revision) : nullptr;
  if (!record || !revision) return true;
  const auto* component = spec::find_component(revision->application.spec, place->component);
  auto limit = component && component->load_balancer ? component->load_balancer->drain : Duration{0};
  const auto* now_wanted = spec::find_component(record->course.target.application.spec, place->component);
  if (now_wanted && now_wanted->load_balancer) limit = std::min(limit, now_wanted->load_balancer->drain);
  const auto since = record->leaving.draining.find(server);
  if (since != record->leaving.draining.end()) begun = std::min(begun.value_or(since->second), since->second);
  return begun && models_.clock->now() - *begun >= limit;
}

void Monitors::check_sessions(const Effect& effect, const world::Server& server,
                              const test::FakeEngine::Stored* replica) {
  if (!effect.cut_sessions || server.sessions == 0 || !replica) return;
  const auto place = place_of(effect.name);
  if (!place || !is_informed(place->application) || is_drain_over(effect.name, {})) return;
  report(Promise::T3, effect.name,
         fmt::format("{} ({}) before its drain is over", to_text(effect), server.sessions.value_or(-1)));
}

// What a process that a reload has replaced still has under way is lost with the replica, too. A clock that was set
// says nothing of how long that has been.
void Monitors::check_out_of_sight(const test::FakeEngine::Stored& stored, const std::string& name,
                                  const std::string& backend, const std::string& what) {
  auto& balancer = *models_.balancers.at(name);
  if (!stored.seen.address) return;
  // By its address: one of the same name before it may have had requests, too.
  const int count = balancer.out_of_sight(backend, *stored.seen.address);
  if (count == 0 || blurred_.contains(stored.seen.name) || jumped_at_ != Time{}) return;
  if (is_drain_over(stored.seen.name, balancer.replaced_at())) return;
  report(
      Promise::T3, what,
      fmt::format("{}, while an old process of {} has {} requests of its in {} under way", what, name, count, backend));
}

void Monitors::check_out_of_traffic(const test::FakeEngine::Stored& stored, const std::string& what) {
  if (!is_informed(stored.seen.application)) return;
  for (const auto& [name, balancer] : models_.balancers) {
    for (const auto& backend : balancer->backends()) {
      check_out_of_sight(stored, name, backend, what);
      for (const auto& server : balancer->look(backend)) {
        if (server.name != stored.seen.name || server.address != stored.seen.address) continue;
        if (blurred_.contains(server.name)) continue;
        if (server.intake != world::Intake::Open && server.sessions == 0) continue;
        report(Promise::T3, what,
               fmt::format("{}, while its server in {}/{} still takes traffic", what, name, backend));
      }
    }
  }
}

}  // namespace teal::simulation
