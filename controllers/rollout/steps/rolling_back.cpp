#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/evidence_of.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/older_memory.hpp"
#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {
namespace {

bool was_introduced(const Pass& pass) { return has_entered(pass.next, spec::Phase::Introducing); }

// The old ones had to make room, or the new ones were in traffic: it has gone back only once the old ones serve again.
bool touched_old(const Pass& pass) { return was_introduced(pass) || has_entered(pass.next, spec::Phase::Withdrawing); }

// A third revision that an earlier way back has left: it serves until the old ones do.
bool another_serves(const Pass& pass) {
  return std::ranges::any_of(pass.world.containers, [&](const world::Container& one) {
    return one.role == world::Role::Serve && one.revision != pass.next.course.target.number &&
           pass.next.course.active && one.revision != pass.next.course.active->number &&
           !is_left_behind(pass.world, one);
  });
}

bool none_is_left(const Pass& pass, const std::function<bool(const world::Container&)>& which) {
  return std::ranges::none_of(pass.world.containers, [&](const world::Container& one) {
    return which(one) && !is_left_behind(pass.world, one);
  });
}

// The old ones come up only once nothing of the new is left, which takes its drain and its grace.
bool waits_for_the_new_to_leave(const Pass& pass) {
  return strategy_of(pass.next) == spec::Strategy::Recreate ||
         std::ranges::any_of(pass.spec().components,
                             [](const spec::Component& one) { return one.replace == spec::Replace::StopFirst; });
}

// How long the old replicas may take.
Duration time_of_the_old(const Pass& pass) {
  Duration longest = pass.spec().rollout.deadline;
  for (const auto& component : pass.next.course.active->application.spec.components) {
    if (component.port) longest = std::max(longest, component.health.startup);
  }
  return longest;
}

// True, and said together with what ends it, once the old replicas have made no progress for too long.
bool is_late(Pass& pass, const FleetReport& old, bool may_come) {
  pass.progressed_to(old.ready + old.up);
  if (!may_come) pass.excuse(records::Excuse::MakingRoom);
  const auto deadline = pass.next.standing.patience.since.value_or(pass.now) + time_of_the_old(pass);
  if (pass.now < deadline) {
    pass.wake_at(deadline);
    return false;
  }
  const auto& name = pass.next.application;
  const auto message = fmt::format(
      "{}; {} does not come back: {}; {}set spec.version to a release that works", pass.next.outcome.message,
      pass.next.course.active->application.spec.version, pass.said(),
      may_be_retried(pass.next) ? fmt::format("teal retry {} tries {} again, or ", name, pass.spec().version) : "");
  pass.warn_once(spec::Reason::RollbackStuck, message);
  pass.explain(spec::Reason::RollbackStuck, message);
  return true;
}

// Without an image there is nothing to run them in; a newer spec is no failure.
bool rollback_hooks_ended(Pass& pass) {
  if (pass.next.course.target.image_id.empty() || pass.next.outcome.settles_as == spec::Phase::Superseded) return true;
  return run_hooks(pass, spec::HookPoint::OnRollback).progress != JobProgress::Running;
}

}  // namespace

void rolling_back(Pass& pass) {
  complete_evidence(pass);
  // Given up by a person, so nothing has failed that had noted it.
  const bool is_unnoted = !pass.next.outcome.evidence && pass.next.outcome.settles_as != spec::Phase::Superseded;
  if (is_unnoted) take_evidence(pass, pass.next.outcome.failure_reason);
  // Whether the old ones may come is known in a moment; until then nothing is back.
  if (pass.next.course.active && may_start_active(pass) == MayStart::NotYet) return;
  const auto old = keep_old(pass, true);
  if (mutants::mutated("rollback-of-a-rollback") && was_introduced(pass))
    return pass.enter(spec::Phase::Introducing, "again");
  const auto* job = running_job(pass);
  const bool settled = settle_jobs(pass, false) || mutants::mutated("m1-rollback-forgets-its-job");
  if (!settled) {  // its outcome belongs on record before the next one may run (M1, M3)
    if (job == nullptr || spec::find_hook(pass.spec().hooks, job->unit) == spec::HookPoint::OnRollback) return;
    return pass.explain(spec::Reason::MigrationStillRunning,
                        fmt::format("{}; {}", pass.next.outcome.message, still_running_text(pass, *job)));
  }
  // T1: what serves now leaves only when the old ones serve again, or when there never were any.
  const bool old_serve = old.up >= old.wanted_servers || mutants::mutated("t1-rollback-before-the-old-serve");
  const bool may_drain = !pass.next.course.active || old_serve;
  const auto is_new = [&](const world::Container& one) {
    return !pass.next.course.active || one.revision != pass.next.course.active->number;
  };
  const bool may_come = !waits_for_the_new_to_leave(pass) || none_is_left(pass, is_new);
  const bool awaited = !may_drain && (touched_old(pass) || another_serves(pass));
  const bool late = awaited && is_late(pass, old, may_come);
  // A rollback that cannot bring the old version back must not keep a newer spec, or a retry, from fixing it.
  const bool is_wanted_anew = pass.next.orders.retry || pass.next.generation != pass.desired.generation;
  const bool stuck = !may_drain && (is_overtaken(pass) || (late && is_wanted_anew));
  // The old ones would come only once nothing serves: then what serves stays until the newer spec's turn to stop it.
  const bool stays = stuck && strategy_of(pass.next) == spec::Strategy::Recreate;
  const bool none = stays || make_way(pass, may_drain, is_new);
  remove_ended_jobs(pass, [&](const world::Container& one) {
    return one.revision != pass.next.course.target.number ||
           spec::find_hook(pass.spec().hooks, one.unit) != spec::HookPoint::OnRollback;
  });
  if (!stuck) {
    const auto* remaining = pass.next.course.active ? &pass.next.course.active->application.spec : nullptr;
    const bool serves = !awaited || mutants::mutated("t1-back-before-it-serves");
    const bool is_back = none && serves && (!was_introduced(pass) || clear_of_servers(pass, remaining));
    // The traffic is back: what the rollback's hooks do cannot hold that up any more.
    if (!is_back || !rollback_hooks_ended(pass)) return pass.wait(spec::Reason::RollingBack, pass.next.outcome.message);
  }
  for (const auto point : spec::hook_points) leave_out(pass, point);
  tell_left_behind(pass, is_new);
  const auto because = pass.next.outcome.settles_as == spec::Phase::Superseded
                           ? std::string{"superseded by a newer spec"}
                           : pass.next.outcome.failure;
  const auto note = schema_note(pass.next);
  pass.enter(pass.next.outcome.settles_as, because);
  if (pass.next.course.active && pass.next.outcome.settles_as != spec::Phase::Superseded && !note.empty())
    pass.event(spec::Reason::SchemaStays, note);
  if (!pass.next.outcome.failure_reason.empty()) pass.next.outcome.reason = pass.next.outcome.failure_reason;
}

}  // namespace teal::rollout
