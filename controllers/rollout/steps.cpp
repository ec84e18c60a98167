#include "controllers/rollout/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/migrate.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas.hpp"
#include "controllers/rollout/retire.hpp"
#include "controllers/rollout/servers.hpp"
#include "manifests/diff.hpp"

namespace teal {
namespace {

bool is_old(const Pass& pass, const Container& container) { return container.revision != pass.next.target.number; }

// Keeps the revision that serves complete while the target comes up beside it.
FleetReport keep_old(Pass& pass, bool with_stop_first) {
  if (!pass.next.active || !keeps_old(pass.next)) return {};
  BringUp how;
  how.registered = true;
  how.tolerate_exits = true;
  how.stop_first = with_stop_first;
  return bring_up(pass, *pass.next.active, how);
}

bool replaces_in_place(const Pass& pass) {
  for (const auto& component : pass.spec().components) {
    if (is_stop_first(pass, component.name) && others_exist(pass, component, pass.next.target.number)) return true;
  }
  return false;
}

// A failure that the old replicas show at the same time is not the new version's: going back would not mend it.
bool shared_dependency_down(Pass& pass, const Why& broken) {
  if (broken.reason != "HealthCheckFailed" || !pass.next.active || !keeps_old(pass.next)) return false;
  if (!any_unhealthy(pass, *pass.next.active)) return false;
  pass.explain(
      "SharedDependencyDown",
      "old and new replicas fail their health check at the same time, so a dependency that they share is down; "
      "waiting for it: " +
          broken.message);
  pass.next.progressed_at = pass.now;
  return true;
}

// True when the phase has to stop here: the rollout was given up, or waits for a shared dependency.
bool stopped_by(Pass& pass, const FleetReport& target) {
  if (!target.broken) return false;
  if (!shared_dependency_down(pass, *target.broken)) pass.fail(*target.broken);
  return true;
}

BringUp target_in(const Pass& pass, bool registered, int allowed_exits) {
  BringUp how;
  how.registered = registered;
  how.allowed_exits = allowed_exits;
  how.tolerate_exits = !can_roll_back(pass.next);
  return how;
}

bool was_introduced(const Pass& pass) {
  return std::ranges::any_of(pass.next.phases, [](const PhaseSpan& one) { return one.phase == Phase::Introducing; });
}

bool complete(const FleetReport& report) { return report.ready == report.wanted && report.up == report.wanted_servers; }

constexpr int exits_while_starting = 2;

void complete_rollout(Pass& pass, const std::string& message) {
  pass.next.active = pass.next.target;
  pass.enter(Phase::Complete, message);
}

// A newer spec that needs another revision waits for this rollout to end.
bool is_overtaken(const Pass& pass) {
  if (pass.next.generation == pass.desired.generation || pass.desired.deleting) return false;
  const auto& wanted = pass.desired.application.spec;
  return !pass.next.active || classify(pass.next.active->application.spec, wanted) == ChangeKind::NewRevision;
}

// Disposes of what `which` picks. Where old and new never run together, the one has to leave before the other comes;
// elsewhere what serves stays until `may_drain`.
bool make_way(Pass& pass, bool may_drain, const std::function<bool(const Container&)>& which) {
  const bool first =
      dispose(pass, true, [&](const Container& one) { return which(one) && is_stop_first(pass, one.unit); });
  const bool rest =
      dispose(pass, may_drain, [&](const Container& one) { return which(one) && !is_stop_first(pass, one.unit); });
  return first && rest;
}

}  // namespace

void keep_serving(Pass& pass) { keep_old(pass, true); }

void migrating(Pass& pass) {
  const auto report = migrate(pass, JobPhase::BeforeStart);
  switch (report.progress) {
    case MigrationProgress::Running:
      break;
    case MigrationProgress::Failed:
      pass.fail(report.why);
      return;
    case MigrationProgress::Done:
      pass.enter(Phase::Starting, "the schema is ready");
      break;
  }
  keep_old(pass, true);
}

void starting(Pass& pass) {
  auto how = target_in(pass, false, exits_while_starting);
  how.stop_first = !replaces_in_place(pass);  // those wait until the others are in traffic
  const auto target = bring_up(pass, pass.next.target, how);
  keep_old(pass, true);
  if (stopped_by(pass, target)) return;
  pass.progressed_to(target.ready);
  if (target.ready == target.wanted)
    pass.enter(Phase::Introducing, fmt::format("{} new replicas are healthy", target.ready));
}

void introducing(Pass& pass) {
  auto first = target_in(pass, true, exits_while_starting);
  first.stop_first = false;
  const auto others = bring_up(pass, pass.next.target, first);
  keep_old(pass, false);
  if (stopped_by(pass, others)) return;
  pass.progressed_to(others.up);
  if (!complete(others)) return;
  // The others serve: now those that must never run twice are replaced, old before new.
  const bool old_gone =
      dispose(pass, true, [&](const Container& one) { return is_old(pass, one) && is_stop_first(pass, one.unit); });
  const auto all = bring_up(pass, pass.next.target, target_in(pass, true, exits_while_starting));
  if (stopped_by(pass, all)) return;
  pass.progressed_to(all.ready + all.up);
  if (!old_gone || !complete(all)) return;
  pass.enter(Phase::Verifying, fmt::format("{} new servers are up", all.up));
}

void verifying(Pass& pass) {
  const auto target = bring_up(pass, pass.next.target, target_in(pass, true, 0));
  keep_old(pass, false);
  if (stopped_by(pass, target)) return;
  const auto& traffic = pass.world.traffic;
  const auto begun = pass.next.phases.empty() ? pass.now : pass.next.phases.back().started_at;
  if (begun < pass.now) pass.next.verified_probes += traffic.probes - traffic.failed;  // earlier ones met the old only
  const Component* behind = nullptr;
  for (const auto& component : pass.spec().components) {
    if (component.load_balancer) behind = &component;
  }
  if (behind && traffic.failures >= behind->health.failures) {
    const Why broken{"HealthCheckFailed", fmt::format("{} through load balancer {} answers {}", behind->health.path,
                                                      behind->load_balancer->name, traffic.answer)};
    if (!shared_dependency_down(pass, broken)) pass.fail(broken);
    return;
  }
  const auto over = begun + pass.spec().rollout.bake;
  if (!complete(target)) return;
  if (pass.now < over) {
    pass.wait("Baking", fmt::format("all green; the old replicas stay as the fallback for {} more",
                                    format_duration(std::chrono::ceil<std::chrono::seconds>(over - pass.now))));
    pass.wake_at(over);
    pass.next.progressed_at = pass.now;
    return;
  }
  if (behind && pass.world.traffic_targets > 0 &&
      pass.next.verified_probes < static_cast<std::uint64_t>(behind->health.successes)) {
    pass.wait("Verifying", fmt::format("checking {} through load balancer {}: {}", behind->health.path,
                                       behind->load_balancer->name, traffic.answer));
    return;
  }
  if (pass.spec().rollout.approval == Approval::BeforeCutover && !pass.next.approved) {
    pass.next.awaiting = Phase::Withdrawing;
    pass.enter(Phase::AwaitingApproval,
               fmt::format("waits for approval before the old replicas leave: teal approve {}", pass.next.application));
    return;
  }
  const auto verified = fmt::format("verified for {}", format_duration(pass.now - begun));
  const auto phase = phase_after(Phase::Verifying, strategy_of(pass.next));
  if (phase == Phase::Complete) return complete_rollout(pass, verified);
  pass.enter(phase, verified);
}

void withdrawing(Pass& pass) {
  bool may_drain = true;
  if (wants_target(pass.next)) {
    const auto target = bring_up(pass, pass.next.target, target_in(pass, true, 0));
    may_drain = complete(target);  // T4
  }
  bool out = true;
  int gone = 0;
  for (const auto& container : pass.world.containers) {
    if (container.role != Role::Serve || !is_old(pass, container)) continue;
    const bool is_out = withdraw(pass, container, may_drain);
    out = out && is_out;
    gone += is_out ? 1 : 0;
  }
  remove_strays(pass);
  pass.progressed_to(gone);
  if (out) pass.enter(Phase::Retiring, "the old replicas are out of traffic");
}

void retiring(Pass& pass) {
  if (wants_target(pass.next)) bring_up(pass, pass.next.target, target_in(pass, true, 0));
  const auto begun = pass.next.phases.empty() ? pass.now : pass.next.phases.back().started_at;
  const auto keep_until = begun + (wants_target(pass.next) ? pass.spec().rollout.keep_old : Duration{0});
  if (pass.now < keep_until && !is_overtaken(pass)) {
    pass.wait("KeepingOld",
              fmt::format("the old replicas are kept, out of traffic, until {}", format_time(keep_until)));
    pass.wake_at(keep_until);
    pass.next.progressed_at = pass.now;
    return;
  }
  remove_strays(pass);
  remove_ended_jobs(pass, [](const Container&) { return true; });
  if (!dispose(pass, true, [&](const Container& one) { return is_old(pass, one); })) return;
  if (!clear_of_servers(pass, &pass.spec())) return;
  const auto phase = phase_after(Phase::Retiring, strategy_of(pass.next));
  if (phase == Phase::Complete) {
    return complete_rollout(pass, fmt::format("{} takes all traffic", pass.spec().version));
  }
  pass.enter(phase, "the old replicas are gone");
}

void awaiting_approval(Pass& pass) {
  const auto goal = pass.next.awaiting.value_or(Phase::Migrating);
  pass.next.progressed_at = pass.now;
  const bool is_asked_for = pass.spec().rollout.approval != Approval::None;
  const bool go_on = pass.next.approved || !is_asked_for;
  if (!go_on) pass.wait("AwaitingApproval", pass.next.message);
  if (goal == Phase::Migrating) {
    keep_old(pass, true);
  } else {
    const auto target = bring_up(pass, pass.next.target, target_in(pass, true, 0));
    keep_old(pass, false);
    if (stopped_by(pass, target) || !complete(target)) return;
  }
  if (!go_on) return;
  pass.next.awaiting.reset();
  pass.enter(goal == Phase::Migrating ? phase_after(Phase::Preparing, strategy_of(pass.next)) : goal,
             is_asked_for ? "approved" : "approval is no longer asked for");
}

void rolling_back(Pass& pass) {
  const auto old = keep_old(pass, true);
  pass.next.progressed_at = pass.now;
  if (const auto* job = running_job(pass)) {
    pass.explain("MigrationStillRunning", fmt::format("{}; waiting for {} to end: a migration is never cut short",
                                                      pass.next.message, job->name));
  }
  if (!settle_job(pass, false)) return;  // its outcome belongs on record before the next one may run (M1, M3)
  // T1: what serves now leaves only when the old ones serve again, or when there never were any.
  const bool may_drain = !pass.next.active || old.up >= old.wanted_servers;
  const bool none = make_way(pass, may_drain, [&](const Container& one) {
    return !pass.next.active || one.revision != pass.next.active->number;
  });
  remove_strays(pass);
  remove_ended_jobs(pass, [](const Container&) { return true; });
  pass.wait("RollingBack", pass.next.message);
  // A rollback that cannot bring the old version back must not keep a newer spec from mending it.
  const bool stuck = !may_drain && is_overtaken(pass);
  if (!stuck) {
    const auto* remaining = pass.next.active ? &pass.next.active->application.spec : nullptr;
    if (!none || (was_introduced(pass) && !clear_of_servers(pass, remaining))) return;
  }
  const auto because =
      pass.next.settles_as == Phase::Superseded ? std::string{"superseded by a newer spec"} : pass.next.failure;
  pass.enter(pass.next.settles_as, because);
  if (!pass.next.failure_reason.empty()) pass.next.reason = pass.next.failure_reason;
}

void paused(Pass& pass) {
  pass.wait("Paused",
            pass.next.failure.empty()
                ? fmt::format("paused: teal resume {} or teal abort {}", pass.next.application, pass.next.application)
                : fmt::format("paused: {}; teal retry, resume or abort {}", pass.next.failure, pass.next.application));
  pass.next.progressed_at = pass.now;
  if (pass.next.phase == Phase::Migrating) {
    // A job that runs is not stopped by a pause, and its end is put on record.
    static_cast<void>(settle_job(pass, true));
  }
  if (wants_target(pass.next)) bring_up(pass, pass.next.target, target_in(pass, wants_target_registered(pass.next), 0));
  keep_old(pass, !wants_target(pass.next));
}

void steady(Pass& pass) {
  if (pass.next.active) {
    BringUp how;
    how.registered = true;
    how.tolerate_exits = true;
    const auto report = bring_up(pass, *pass.next.active, how);
    const bool whole = complete(report);
    pass.wait(whole ? "AllReplicasReady" : "ReplicasNotReady",
              fmt::format("{} of {} replicas of {} ready", report.ready, report.wanted,
                          pass.next.active->application.spec.version));
    make_way(pass, report.up >= report.wanted_servers, [&](const Container& one) {
      if (one.revision != pass.next.active->number) return true;
      const auto* component = find_component(pass.next.active->application.spec, one.unit);
      return !component || one.index >= component->replicas;  // scaled down
    });
  } else {
    dispose(pass, true, [](const Container&) { return true; });
  }
  remove_strays(pass);
  remove_ended_jobs(pass, [](const Container&) { return true; });
}

bool deleting(Pass& pass) {
  if (const auto* job = running_job(pass)) {
    pass.wait("Deleting", fmt::format("waiting for {} to end: a migration is never cut short", job->name));
  }
  if (!settle_job(pass, false)) pass.wake_in(std::chrono::seconds{1});
  const bool none = dispose(pass, true, [](const Container&) { return true; });
  remove_strays(pass);
  remove_ended_jobs(pass, [](const Container&) { return true; });
  const bool clear = clear_of_servers(pass, nullptr);
  pass.wait("Deleting", fmt::format("removing {} containers", pass.world.containers.size()));
  return none && clear && pass.world.containers.empty() && !pass.has_actions();
}

}  // namespace teal
