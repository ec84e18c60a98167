#include "controllers/rollout/steps/off_path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/aftermath.hpp"
#include "controllers/rollout/evidence_of.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/liveness.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "controllers/rollout/verbs.hpp"

namespace teal {
namespace {

bool was_introduced(const Pass& pass) { return has_entered(pass.next, Phase::Introducing); }

// The old ones had to make room, or the new ones were in traffic: it has gone back only once the old ones serve again.
bool touched_old(const Pass& pass) { return was_introduced(pass) || has_entered(pass.next, Phase::Withdrawing); }

// A third revision that an earlier way back has left: it serves until the old ones do.
bool another_serves(const Pass& pass) {
  return std::ranges::any_of(pass.world.containers, [&](const Container& one) {
    return one.role == Role::Serve && one.revision != pass.next.target.number && pass.next.active &&
           one.revision != pass.next.active->number;
  });
}

// The old ones come up only once nothing of the new is left, which takes its drain and its grace.
bool waits_for_the_new_to_leave(const Pass& pass) {
  return strategy_of(pass.next) == Strategy::Recreate ||
         std::ranges::any_of(pass.spec().components,
                             [](const Component& one) { return one.replace == Replace::StopFirst; });
}

// Of a Recreate between the end of the old and the start of the new.
bool nothing_serves(const Pass& pass) {
  if (!pass.next.active || keeps_old(pass.next)) return false;
  const auto& backends = pass.world.backends;
  if (backends.empty()) {
    return std::ranges::none_of(pass.world.containers, [](const Container& one) {
      return one.role == Role::Serve && one.state == ContainerState::Running;
    });
  }
  return std::ranges::all_of(
      backends, [](const BackendView& one) { return !one.problem && std::ranges::none_of(one.servers, &Server::up); });
}

std::string paused_text(const Pass& pass, bool has_way_back) {
  const auto& record = pass.next;
  const auto& name = record.application;
  if (nothing_serves(pass) && has_way_back) {
    return fmt::format("nothing serves while it is paused{}{}: teal {} {} goes on, teal abort {} brings {} back",
                       record.failure.empty() ? "" : ": ", record.failure, record.failure.empty() ? "resume" : "retry",
                       name, name, record.active->application.spec.version);
  }
  if (record.failure.empty()) return fmt::format("paused: teal resume {} or teal abort {}", name, name);
  if (has_way_back) {
    return fmt::format("paused: {}; teal retry {} tries that again,{} teal abort {} goes back", record.failure, name,
                       needs_retry(record) ? "" : fmt::format(" teal resume {} goes on as it is,", name), name);
  }
  return fmt::format(
      "{}; the new version serves, and stays: teal retry {} does this step again, a newer spec passes it "
      "over{}",
      record.failure, name,
      record.active && !has_contracted(record) ? fmt::format(", teal rollback {} goes back", name) : "");
}

// How long the old replicas may take.
Duration time_of_the_old(const Pass& pass) {
  Duration longest = pass.spec().rollout.deadline;
  for (const auto& component : pass.next.active->application.spec.components) {
    if (component.port) longest = std::max(longest, component.health.startup);
  }
  return longest;
}

// True, and said together with what ends it, once the old replicas have made no progress for too long.
bool is_late(Pass& pass, const FleetReport& old, bool may_come) {
  pass.progressed_to(old.ready + old.up);
  if (!may_come) pass.next.progressed_at = pass.now;
  const auto deadline = pass.next.progressed_at.value_or(pass.now) + time_of_the_old(pass);
  if (pass.now < deadline) {
    pass.wake_at(deadline);
    return false;
  }
  const auto& name = pass.next.application;
  const auto message = fmt::format(
      "{}; {} does not come back: {}; {}set spec.version to a release that works", pass.next.message,
      pass.next.active->application.spec.version, pass.said(),
      may_be_retried(pass.next) ? fmt::format("teal retry {} tries {} again, or ", name, pass.spec().version) : "");
  if (pass.next.reason != "RollbackStuck") pass.warning("RollbackStuck", message);
  pass.next.reason = "RollbackStuck";
  pass.explain("RollbackStuck", message);
  return true;
}

// Without an image there is nothing to run them in; a newer spec is no failure.
bool rollback_hooks_ended(Pass& pass) {
  if (pass.next.target.image_id.empty() || pass.next.settles_as == Phase::Superseded) return true;
  return run_hooks(pass, HookPoint::OnRollback).progress != JobProgress::Running;
}

}  // namespace

void keep_serving(Pass& pass) { keep_old(pass, true); }

void rolling_back(Pass& pass) {
  complete_evidence(pass);
  if (pass.next.failure_reason == "Aborted" || pass.next.failure_reason == "RollbackAsked") {
    if (!pass.next.evidence) take_evidence(pass, pass.next.failure_reason);
  }
  const auto old = keep_old(pass, true);
  if (mutated("rollback-of-a-rollback") && was_introduced(pass)) return pass.enter(Phase::Introducing, "again");
  const auto* job = running_job(pass);
  const bool settled = settle_jobs(pass, false) || mutated("m1-rollback-forgets-its-job");
  if (!settled) {  // its outcome belongs on record before the next one may run (M1, M3)
    if (job == nullptr || find_hook(pass.spec().hooks, job->unit) == HookPoint::OnRollback) return;
    return pass.explain("MigrationStillRunning",
                        fmt::format("{}; {}", pass.next.message, still_running_text(pass, *job)));
  }
  // T1: what serves now leaves only when the old ones serve again, or when there never were any.
  const bool old_serve = old.up >= old.wanted_servers || mutated("t1-rollback-before-the-old-serve");
  const bool may_drain = !pass.next.active || old_serve;
  const auto is_new = [&](const Container& one) {
    return !pass.next.active || one.revision != pass.next.active->number;
  };
  const bool may_come = !waits_for_the_new_to_leave(pass) || std::ranges::none_of(pass.world.containers, is_new);
  const bool awaited = !may_drain && (touched_old(pass) || another_serves(pass));
  const bool late = awaited && is_late(pass, old, may_come);
  // A rollback that cannot bring the old version back must not keep a newer spec, or a retry, from mending it.
  const bool is_wanted_anew = pass.next.retry || pass.next.generation != pass.desired.generation;
  const bool stuck = !may_drain && (is_overtaken(pass) || (late && is_wanted_anew));
  // The old ones would come only once nothing serves: then what serves stays until the newer spec's turn to stop it.
  const bool stays = stuck && strategy_of(pass.next) == Strategy::Recreate;
  const bool none = stays || make_way(pass, may_drain, is_new);
  remove_ended_jobs(pass, [&](const Container& one) {
    return one.revision != pass.next.target.number || find_hook(pass.spec().hooks, one.unit) != HookPoint::OnRollback;
  });
  if (!stuck) {
    const auto* remaining = pass.next.active ? &pass.next.active->application.spec : nullptr;
    const bool serves = !awaited || mutated("t1-back-before-it-serves");
    const bool is_back = none && serves && (!was_introduced(pass) || clear_of_servers(pass, remaining));
    // The traffic is back: what the rollback's hooks do cannot hold that up any more.
    if (!is_back || !rollback_hooks_ended(pass)) return pass.wait("RollingBack", pass.next.message);
  }
  for (const auto point : hook_points) leave_out(pass, point);
  const auto because =
      pass.next.settles_as == Phase::Superseded ? std::string{"superseded by a newer spec"} : pass.next.failure;
  const auto note = schema_note(pass.next);
  pass.enter(pass.next.settles_as, because);
  if (pass.next.active && pass.next.settles_as != Phase::Superseded && !note.empty()) pass.event("SchemaStays", note);
  if (!pass.next.failure_reason.empty()) pass.next.reason = pass.next.failure_reason;
}

void paused(Pass& pass) {
  complete_evidence(pass);
  const bool has_way_back = can_roll_back(pass.next);
  if (!has_way_back && is_overtaken(pass)) {
    pass.warning("GivenUp", fmt::format("{}: passed over, since a newer spec waits", pass.next.failure));
    pass.next.paused = false;
    return pass.wake_at(pass.now);
  }
  pass.wait("Paused", paused_text(pass, has_way_back));
  pass.next.progressed_at = pass.now;
  static_cast<void>(settle_jobs(pass, true));  // one that runs is not stopped by a pause, and its end is put on record
  const bool registered = wants_target_registered(pass.next);
  if (wants_target(pass.next)) {
    auto how = target_in(pass, registered, 0);
    how.stop_first = registered || !pass.next.active || !keeps_old(pass.next);
    bring_up(pass, pass.next.target, how);
  }
  keep_old(pass, !registered);
}

void steady(Pass& pass) {
  complete_evidence(pass);
  if (pass.next.active) {
    BringUp how;
    how.registered = true;
    how.tolerate_exits = true;
    const auto report = bring_up(pass, *pass.next.active, how);
    replace_hung(pass, *pass.next.active);
    const bool whole = complete(report);
    pass.wait(whole ? "AllReplicasReady" : "ReplicasNotReady",
              fmt::format("{} of {} of version {} {} ready", report.ready,
                          report.wanted == 1 ? "1 replica" : fmt::format("{} replicas", report.wanted),
                          pass.next.active->application.spec.version, report.wanted == 1 ? "is" : "are"));
    const bool others_serve = report.up >= report.wanted_servers || mutated("t1-while-scaling");
    make_way(pass, others_serve, [&](const Container& one) { return one.revision != pass.next.active->number; });
    // Scaled down: old and new do not meet here, so that even of a Recreate those that serve wait for the others (T1).
    dispose(pass, others_serve, [&](const Container& one) {
      if (one.revision != pass.next.active->number) return false;
      const auto* component = find_component(pass.next.active->application.spec, one.unit);
      return !component || one.index >= component->replicas;
    });
  } else {
    dispose(pass, true, [](const Container&) { return true; });
  }
  remove_ended_jobs(pass, [](const Container&) { return true; });
}

bool deleting(Pass& pass) {
  if (const auto* job = running_job(pass)) {
    pass.wait("Deleting", still_running_text(pass, *job));
  }
  if (!settle_jobs(pass, false)) pass.wake_in(std::chrono::seconds{1});
  const bool none = dispose(pass, true, [](const Container&) { return true; });
  remove_dead_servers(pass);
  remove_ended_jobs(pass, [](const Container&) { return true; });
  const bool clear = clear_of_servers(pass, nullptr);
  pass.wait("Deleting", fmt::format("removing {} containers", pass.world.containers.size()));
  return none && clear && pass.world.containers.empty() && !pass.has_actions();
}

}  // namespace teal
