#include "controllers/rollout/spec_change.hpp"

#include <fmt/format.h>

#include <utility>

#include "controllers/rollout/begin.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/diff.hpp"

namespace teal {
namespace {

// Nothing differs that could make a rollout that failed succeed.
bool only_scaled(const ApplicationSpec& from, ApplicationSpec to) {
  to.suspend = from.suspend;
  for (auto& component : to.components) {
    if (const auto* before = find_component(from, component.name)) component.replicas = before->replicas;
  }
  return to == from;
}

// What was scaled from one spec to the other.
void scale_alike(ApplicationSpec& spec, const ApplicationSpec& before, const ApplicationSpec& after) {
  for (auto& component : spec.components) {
    const auto* was = find_component(before, component.name);
    const auto* is = find_component(after, component.name);
    if (was && is && was->replicas != is->replicas) component.replicas = is->replicas;
  }
}

// The values of what serves have changed, and the spec in force is another one that is not tried by itself: the
// revision that serves is made anew.
void renew_active(RolloutRecord& ended, const ApplicationRecord& desired) {
  ended.ordered = RollbackOrder{*ended.active, "restartOnChange", ""};
  ended.generation = desired.generation;
}

}  // namespace

void absorb_spec(Pass& pass) {
  auto& record = pass.next;
  const auto& wanted = pass.desired.application;
  if (record.generation == pass.desired.generation) return;
  // A shelved spec of which only the number of replicas changes stays shelved; what serves is scaled. Unless an edit
  // meanwhile has made it what the rollback leads to, but for what changes in place: then all of it is wanted.
  const bool is_shelved = record.rollback && only_scaled(record.rollback->shelved.spec, wanted.spec);
  if (is_shelved && classify(record.target.application.spec, wanted.spec) == ChangeKind::NewRevision) {
    if (has_old_values(pass.desired, record.target)) {
      if (is_terminal(record.phase) && record.active) renew_active(record, pass.desired);
      return;  // else once it has ended
    }
    const auto before = std::exchange(record.rollback->shelved, wanted).spec;
    record.generation = pass.desired.generation;
    scale_alike(record.target.application.spec, before, wanted.spec);
    if (record.active) scale_alike(record.active->application.spec, before, wanted.spec);
    return;
  }
  if (is_terminal(record.phase)) {
    const bool failed = record.phase == Phase::RolledBack || record.phase == Phase::Failed;
    if (record.active && !needs_revision(*record.active, pass.desired)) {
      record.active->application = wanted;
      if (record.phase == Phase::Complete) record.target.application = wanted;
      record.walks_to.clear();
      if (record.rollback) record.rollback->shelved = wanted;
      record.retry = false;
    } else if (failed && only_scaled(record.target.application.spec, next_hop(wanted, record.active).spec)) {
      if (has_old_values(pass.desired, record.target)) {
        const bool another =
            record.active && classify(record.active->application.spec, wanted.spec) == ChangeKind::NewRevision;
        if (another) renew_active(record, pass.desired);
        return;  // else with these values it may well succeed
      }
      const auto before = record.target.application.spec;
      take_hop(record, wanted);
      // It is what serves.
      if (record.active) scale_alike(record.active->application.spec, before, record.target.application.spec);
    } else {
      return;
    }
    record.generation = pass.desired.generation;
    return;
  }
  // It goes back to what is wanted again, but for what changes in place.
  const bool is_way_there = record.phase == Phase::RollingBack && record.active;
  if (is_way_there && !needs_revision(*record.active, pass.desired)) record.active->application = wanted;
  const bool same =
      classify(record.target.application.spec, next_hop(wanted, record.active).spec) != ChangeKind::NewRevision;
  if (same && !has_old_values(pass.desired, record.target)) {
    const auto before = record.target.application.spec;
    take_hop(record, wanted);
    if (record.active) scale_alike(record.active->application.spec, before, record.target.application.spec);
    record.generation = pass.desired.generation;
    return;
  }
  if (!can_roll_back(record)) return;
  pass.event("Superseded", fmt::format("a newer spec ({}) replaces this rollout", wanted.spec.version));
  record.settles_as = Phase::Superseded;
  record.paused = false;
  record.retry = false;
  const bool is_same = wanted.spec.version == pass.spec().version;
  pass.enter(Phase::RollingBack,
             fmt::format("superseded by {}{}", is_same ? "another spec of " : "", wanted.spec.version));
}

}  // namespace teal
