#include "controllers/rollout/spec_change.hpp"

#include <fmt/format.h>

#include <utility>

#include "controllers/rollout/begin.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/spec/diff.hpp"

namespace teal::rollout {
namespace {

// Nothing differs that could make a rollout that failed succeed.
bool only_scaled(const spec::ApplicationSpec& from, spec::ApplicationSpec to) {
  to.suspend = from.suspend;
  for (auto& component : to.components) {
    if (const auto* before = spec::find_component(from, component.name)) component.replicas = before->replicas;
  }
  return to == from;
}

// What was scaled from one spec to the other.
void scale_alike(spec::ApplicationSpec& spec, const spec::ApplicationSpec& before, const spec::ApplicationSpec& after) {
  for (auto& component : spec.components) {
    const auto* was = spec::find_component(before, component.name);
    const auto* is = spec::find_component(after, component.name);
    if (was && is && was->replicas != is->replicas) component.replicas = is->replicas;
  }
}

// The values of what serves have changed, and the spec in force is another one that is not tried by itself: the
// revision that serves is recreated.
void renew_active(records::RolloutRecord& ended, const records::ApplicationRecord& desired) {
  ended.orders.rollback = records::RollbackOrder{*ended.course.active, "restartOnChange", ""};
  ended.generation = desired.generation;
}

}  // namespace

void apply_spec_change(Pass& pass) {
  auto& record = pass.next;
  const auto& wanted = pass.desired.application;
  if (record.generation == pass.desired.generation) return;
  // A shelved spec of which only the number of replicas changes stays shelved; what serves is scaled. Unless an edit
  // meanwhile has made it what the rollback leads to, but for what changes in place: then all of it is wanted.
  const bool is_shelved = record.course.back && only_scaled(record.course.back->shelved.spec, wanted.spec);
  if (is_shelved &&
      spec::classify(record.course.target.application.spec, wanted.spec) == spec::ChangeKind::NewRevision) {
    if (records::has_old_values(pass.desired, record.course.target)) {
      if (records::is_terminal(record.standing.phase) && record.course.active) renew_active(record, pass.desired);
      return;  // else once it has ended
    }
    const auto before = std::exchange(record.course.back->shelved, wanted).spec;
    record.generation = pass.desired.generation;
    scale_alike(record.course.target.application.spec, before, wanted.spec);
    if (record.course.active) scale_alike(record.course.active->application.spec, before, wanted.spec);
    return;
  }
  if (records::is_terminal(record.standing.phase)) {
    const bool failed =
        record.standing.phase == spec::Phase::RolledBack || record.standing.phase == spec::Phase::Failed;
    if (record.course.active && !needs_revision(*record.course.active, pass.desired)) {
      record.course.active->application = wanted;
      if (record.standing.phase == spec::Phase::Complete) record.course.target.application = wanted;
      record.course.final_version.clear();
      if (record.course.back) record.course.back->shelved = wanted;
      record.orders.retry = false;
    } else if (failed &&
               only_scaled(record.course.target.application.spec, next_hop(wanted, record.course.active).spec)) {
      if (records::has_old_values(pass.desired, record.course.target)) {
        const bool another = record.course.active && spec::classify(record.course.active->application.spec,
                                                                    wanted.spec) == spec::ChangeKind::NewRevision;
        if (another) renew_active(record, pass.desired);
        return;  // else with these values it may well succeed
      }
      const auto before = record.course.target.application.spec;
      take_hop(record, wanted);
      // It is what serves.
      if (record.course.active)
        scale_alike(record.course.active->application.spec, before, record.course.target.application.spec);
    } else {
      return;
    }
    record.generation = pass.desired.generation;
    return;
  }
  // It goes back to what is wanted again, but for what changes in place.
  const bool is_way_there = record.standing.phase == spec::Phase::RollingBack && record.course.active;
  if (is_way_there && !needs_revision(*record.course.active, pass.desired)) record.course.active->application = wanted;
  const bool same = spec::classify(record.course.target.application.spec,
                                   next_hop(wanted, record.course.active).spec) != spec::ChangeKind::NewRevision;
  if (same && !records::has_old_values(pass.desired, record.course.target)) {
    const auto before = record.course.target.application.spec;
    take_hop(record, wanted);
    if (record.course.active)
      scale_alike(record.course.active->application.spec, before, record.course.target.application.spec);
    record.generation = pass.desired.generation;
    return;
  }
  if (!can_roll_back(record)) return;
  pass.event(spec::Reason::Superseded, fmt::format("a newer spec ({}) replaces this rollout", wanted.spec.version));
  record.outcome.settles_as = spec::Phase::Superseded;
  record.orders.paused = false;
  record.orders.retry = false;
  const bool is_same = wanted.spec.version == pass.spec().version;
  pass.enter(spec::Phase::RollingBack,
             fmt::format("superseded by {}{}", is_same ? "another spec of " : "", wanted.spec.version));
}

}  // namespace teal::rollout
