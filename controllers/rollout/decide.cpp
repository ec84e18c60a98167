#include "controllers/rollout/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/jobs/guard.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/pass.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/present.hpp"
#include "controllers/rollout/replicas/liveness.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "controllers/rollout/steps/off_path.hpp"
#include "controllers/rollout/steps/prepare.hpp"
#include "controllers/rollout/steps/steps.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "controllers/rollout/traffic/traffic.hpp"
#include "manifests/diff.hpp"

namespace teal {
namespace {

// Somebody asked to go back, and the spec is still the one that was to be left.
bool is_ordered(const ApplicationRecord& desired, const RolloutRecord& ended) {
  return ended.ordered && ended.generation == desired.generation;
}

// The target becomes what is wanted, or the next stop on the way there.
void take_hop(RolloutRecord& record, const Application& wanted) {
  record.target.application = next_hop(wanted, record.active);
  const bool is_stop = record.target.application.spec.version != wanted.spec.version;
  record.walks_to = is_stop ? wanted.spec.version : "";
}

// A new rollout: back where somebody wants it, else towards the spec that is wanted now.
RolloutRecord begin(const ApplicationRecord& desired, const std::optional<RolloutRecord>& before, Time now) {
  RolloutRecord fresh;
  fresh.application = desired.application.name;
  fresh.generation = desired.generation;
  fresh.requested_by = desired.spec_by;
  fresh.target.number = before ? before->target.number + 1 : 1;
  fresh.target.application = desired.application;
  fresh.target.values_changes = desired.values.changes;
  fresh.phase = Phase::Pending;
  fresh.started_at = now;
  fresh.progressed_at = now;
  PhaseSpan span;
  span.started_at = now;
  fresh.phases.push_back(span);
  if (before) {
    fresh.active = before->active;
    take_hop(fresh, desired.application);
    if (before->active) fresh.from_version = before->active->application.spec.version;
    fresh.draining = before->draining;
    if (!mutated("stop-evidence-lost")) fresh.stopping = before->stopping;
    fresh.restarts = before->restarts;
  }
  fresh.jobs = jobs_of(fresh.target.application.spec);
  fresh.hooks = hooks_of(fresh.target.application.spec);
  if (before && is_ordered(desired, *before)) {
    fresh.requested_by = before->ordered->by;
    follow_order(fresh, *before->ordered, desired.application);
  }
  return fresh;
}

Decision begun(RolloutRecord fresh, Time now) {
  Decision decision;
  const auto from = fresh.active ? fresh.active->application.spec.version : std::string{"nothing"};
  decision.events.push_back(
      {now, false, "RolloutStarted",
       fmt::format("revision {}: {} → {}{}{}", fresh.target.number, from, fresh.target.application.spec.version,
                   fresh.walks_to.empty() ? "" : fmt::format(", a stop on the way to {}", fresh.walks_to),
                   fresh.rollback ? fmt::format(", back to revision {}, as {} asked", fresh.rollback->to_revision,
                                                fresh.rollback->by)
                                  : ""),
       fresh.application, "Rollout/" + rollout_name(fresh)});
  decision.why = {"Pending", decision.events.back().message};
  decision.next = std::move(fresh);
  decision.wake_at = now;
  return decision;
}

// Another spec than what runs, or other values for it.
bool needs_revision(const Revision& runs, const ApplicationRecord& desired) {
  return classify(runs.application.spec, desired.application.spec) == ChangeKind::NewRevision ||
         has_old_values(desired, runs);
}

// Once a rollout has ended: does the spec ask for another one?
bool wants_rollout(const ApplicationRecord& desired, const RolloutRecord& ended) {
  if (desired.application.spec.suspend) return false;
  if (is_ordered(desired, ended)) return true;
  if (ended.active && !needs_revision(*ended.active, desired)) return false;
  if (ended.phase == Phase::Complete && !ended.walks_to.empty()) return true;  // the next hop
  // A superseded one says nothing against its spec, should that be wanted again by now.
  if (ended.retry || ended.phase == Phase::Superseded || mutated("rollback-tried-again")) return true;
  return desired.generation != ended.generation;
}

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

// A newer spec arrived. What only changes how much or how is taken over in place; what changes the revision supersedes
// the rollout while the old replicas still serve, and waits for its end once they do not.
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

void run_phase(Pass& pass) {
  if (pass.next.paused) return paused(pass);
  switch (pass.next.phase) {
    case Phase::Pending:
      pending(pass);
      return keep_serving(pass);
    case Phase::Preparing:
      preparing(pass);
      return keep_serving(pass);
    case Phase::Migrating:
      return migrating(pass);
    case Phase::Starting:
      return starting(pass);
    case Phase::Introducing:
      return introducing(pass);
    case Phase::Verifying:
      return verifying(pass);
    case Phase::Withdrawing:
      return withdrawing(pass);
    case Phase::Retiring:
      return retiring(pass);
    case Phase::AwaitingApproval:
      return awaiting_approval(pass);
    case Phase::RollingBack:
      return rolling_back(pass);
    case Phase::Complete:
    case Phase::RolledBack:
    case Phase::Failed:
    case Phase::Superseded:
      return steady(pass);
  }
}

constexpr Duration look_again = std::chrono::seconds{1};

void check_deadline(Pass& pass) {
  const auto& record = pass.next;
  if (!can_roll_back(record) || record.paused || !record.progressed_at || mutated("l1-no-deadline")) return;
  const auto deadline = *record.progressed_at + pass.spec().rollout.deadline;
  if (pass.now < deadline) return pass.wake_at(deadline);
  if (pass.world.first_look) return pass.wake_in(look_again);
  const auto reason = pass.said();
  pass.fail({"DeadlineExceeded",
             fmt::format("{} made no progress for {}{}{}", to_string(record.phase),
                         format_duration(pass.spec().rollout.deadline), reason.empty() ? "" : ": ", reason)});
}

}  // namespace

Decision decide(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record, const Observed& world,
                Time now) {
  if (desired.deleting) {
    Pass pass{desired, record.value_or(RolloutRecord{}), world, now};
    if (!record) pass.next.application = desired.application.name;
    live_in_the_present(pass.next, now, world.unobserved);
    const bool gone = deleting(pass);
    release_locks(pass);
    auto decision = pass.finish();
    // Whoever forgets the application forgets its locks: they are given back first.
    const auto is_locked = [](const auto& one) { return one.second.held_on.has_value(); };
    decision.erase = gone && std::ranges::none_of(world.databases, is_locked);
    if (!record) decision.next.reset();
    return decision;
  }
  if (!record) {
    if (!desired.application.spec.suspend) return begun(begin(desired, record, now), now);
    Decision idle;
    idle.why = {"Suspended", "suspended before its first rollout"};
    return idle;
  }

  Pass pass{desired, *record, world, now};
  live_in_the_present(pass.next, now, world.unobserved);
  absorb_spec(pass);
  if (is_terminal(pass.next.phase)) {
    if (wants_rollout(desired, pass.next)) return begun(begin(desired, pass.next, now), now);
  } else {
    count_traffic(pass);
    if (pass.next.retry && pass.next.phase != Phase::RollingBack) make_anew(pass);
  }
  // The same observation serves the next phase too, until there is something to do or to wait for.
  for (bool moved = true; moved;) {
    const auto before = pass.next.phase;
    run_phase(pass);
    if (pass.next.phase == before) check_deadline(pass);
    moved = pass.next.phase != before && !pass.has_actions() && !is_terminal(pass.next.phase);
  }
  remove_dead_servers(pass);  // T5: in every phase, of every revision, whatever else is held up
  release_locks(pass);
  return pass.finish();
}

}  // namespace teal
