// The world as a pass sees it, and back.
#include <algorithm>
#include <utility>

#include "controllers/plan/model/world.hpp"
#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/rules.hpp"

namespace teal::model {
namespace {

// What its reference names on the engine; going back means the image that is on record.
std::optional<world::Image> image_in(const World& world, const spec::ApplicationSpec& spec,
                                     const records::RolloutRecord* record) {
  if (record && !rollout::rules_of(*record).resolves_image) {
    return world::Image{record->course.target.image_id, record->course.target.image_digest};
  }
  const auto reference = image_reference(spec);
  if (record && record->standing.phase == spec::Phase::AwaitingApproval) {  // it was pinned before
    const bool is_gone = world.to_pull.contains(reference) && world.pulled_for != records::rollout_name(*record);
    if (is_gone) return std::nullopt;
    return world::Image{record->course.target.image_id, record->course.target.image_digest};
  }
  if (world.to_pull.contains(reference)) return std::nullopt;
  const auto known = world.images.find(reference);
  return known == world.images.end() ? image_of(spec) : known->second;
}

// All is within its limit.
world::AnalysisView answer_of(const world::AnalysisTarget& target, Time now) {
  world::AnalysisView view;
  view.target = target;
  view.value = target.analysis.max.value_or(target.analysis.min.value_or(0));
  view.state = objects::AnalysisState::Passing;
  view.answer = "within its limit";
  view.at = now;
  return view;
}

void add_backends(const std::vector<spec::ApplicationSpec>& used, const World& world, rollout::Observed& seen) {
  const auto is_in = [&](const spec::LoadBalancerUse& use) {
    return std::ranges::any_of(seen.backends, [&](const rollout::BackendView& one) {
      return one.load_balancer == use.name && one.backend == use.backend;
    });
  };
  for (const auto& spec : used) {
    for (const auto& component : spec.components) {
      if (!component.load_balancer || is_in(*component.load_balancer)) continue;
      rollout::BackendView view;
      view.load_balancer = component.load_balancer->name;
      view.backend = component.load_balancer->backend;
      const auto unfit = std::ranges::find_if(world.unfit, [&](const rollout::BackendView& one) {
        return one.load_balancer == view.load_balancer && one.backend == view.backend;
      });
      if (unfit != world.unfit.end()) view = *unfit;
      if (world.balancer_down) {
        view.presence = rollout::Presence::Unknown;
        view.why = "connect: refused";
      }
      seen.backends.push_back(std::move(view));
    }
  }
}

void add_containers(const World& world, rollout::Observed& seen) {
  for (const auto& box : world.boxes) {
    seen.containers.push_back(box.seen);
    if (box.signals > 0) seen.containers.back().signalled_at = box.signalled_at;
    if (!box.heard || !box.seen.address) continue;
    world::HealthView view;
    const bool well = world.is_well(box);
    view.successes = well ? 2 : 0;
    view.failures = well ? 0 : 3;
    view.ever = box.ever || well;
    view.answer = well ? "200" : "503";
    seen.health[box.seen.id] = view;
  }
}

// The engine is asked for signals only until they are known to be delivered.
bool is_stopped(const records::RolloutRecord* record, const std::string& id) {
  if (!record) return false;
  const auto stop = record->leaving.stopping.find(id);
  return stop != record->leaving.stopping.end() && stop->second.delivered;
}

// A load balancer that did not answer is taken to have what serves.
void add_unseen_servers(const rollout::BackendView& view, const records::RolloutRecord* record, World& world) {
  if (!record || !record->course.active) return;
  const auto& active = *record->course.active;
  for (const auto& box : world.boxes) {
    const auto* component = spec::find_component(active.application.spec, box.seen.unit);
    if (box.seen.revision != active.number || !box.seen.address || !component || !component->load_balancer) continue;
    if (component->load_balancer->name != view.load_balancer || component->load_balancer->backend != view.backend)
      continue;
    Slot slot;
    slot.balancer = view.load_balancer;
    slot.backend = view.backend;
    slot.seen.name = box.seen.name;
    slot.seen.address = *box.seen.address;
    slot.verdict = true;
    world.slots.push_back(std::move(slot));
  }
}

}  // namespace

rollout::Observed observe(const World& world, const std::vector<spec::ApplicationSpec>& used,
                          const records::ApplicationRecord& desired, const records::RolloutRecord* record) {
  rollout::Observed seen;
  add_backends(used, world, seen);
  bool anybody_serves = false;
  for (const auto& slot : world.slots) {
    anybody_serves = anybody_serves || world.serves(slot);
    if (world.balancer_down) continue;
    const auto view = std::ranges::find_if(seen.backends, [&](const rollout::BackendView& one) {
      return one.load_balancer == slot.balancer && one.backend == slot.backend;
    });
    if (view == seen.backends.end()) continue;
    const bool is_ours = spec::parse_container_name(desired.application.name, slot.seen.name).has_value();
    (is_ours ? view->servers : view->predecessors).push_back(as_seen(slot));
    if (!is_ours) view->others.push_back(slot.seen.name);
  }
  for (auto& view : seen.backends) view.kept_by_teal = world.kept.contains(view.load_balancer);
  if (world.looks_at_predecessors) seen.predecessors = world.predecessors;
  add_containers(world, seen);
  const auto& spec = record ? record->course.target.application.spec : desired.application.spec;
  seen.engine_problem = world.engine_problem;
  seen.engine_room = world.engine_room;
  seen.image = image_in(world, spec, record);
  seen.traffic_targets = seen.backends.size();
  seen.traffic.probes = anybody_serves ? 5 : 0;
  seen.traffic.successes = anybody_serves ? 5 : 0;
  seen.can_analyse = world.can_analyse;
  if (record) {
    seen.pulled = world.pulled_for == records::rollout_name(*record);
    seen.migrated_digest = record->course.target.image_digest;
    for (const auto& job : record->jobs) {
      if (world.migrated.contains(job.job + "@" + seen.migrated_digest)) seen.migrated.insert(job.job);
    }
    for (const auto& target : rollout::analysis_targets(*record)) seen.analysis.push_back(answer_of(target, world.now));
  }
  seen.databases = world.asked;
  seen.failures = world.failures;
  return seen;
}

World world_of(const rollout::Observed& seen, const std::optional<records::RolloutRecord>& record, Time now) {
  World world;
  world.now = now;
  const auto* known = record ? &*record : nullptr;
  for (const auto& container : seen.containers) {
    Box box;
    box.seen = container;
    if (const auto* revision = find_revision(known, container.revision)) {
      box.version = revision->application.spec.version;
    }
    const auto health = seen.health.find(container.id);
    box.heard = health != seen.health.end();
    box.ever = box.was_well = box.heard && health->second.ever;
    box.signals = container.signalled_at || is_stopped(known, container.id) ? 1 : 0;
    box.signalled_at = container.signalled_at;
    world.boxes.push_back(std::move(box));
  }
  for (const auto& view : seen.backends) {
    if (view.presence != rollout::Presence::Present) add_unseen_servers(view, known, world);
    for (const auto& server : view.servers) {
      Slot slot;
      slot.balancer = view.load_balancer;
      slot.backend = view.backend;
      slot.seen = server;
      slot.verdict = server.check_passed;
      world.slots.push_back(std::move(slot));
    }
  }
  for (const auto& job : seen.migrated) world.migrated.insert(job + "@" + seen.migrated_digest);
  for (const auto& [job, database] : seen.databases) {
    world.asked[job] = database;
    if (!database.held_on) continue;
    auto& held = world.databases[world::place_of(*database.held_on)];
    held.locked_for.insert(job);
    if (database.view) held.rows.insert(held.rows.end(), database.view->rows.begin(), database.view->rows.end());
  }
  return world;
}

}  // namespace teal::model
