#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/replicas.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/replicas/shared_dependency.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "manifests/json.hpp"

namespace teal {
namespace {

bool is_old(const Pass& pass, const Container& container) { return container.revision != pass.next.target.number; }

constexpr int exits_while_starting = 2;

void complete_rollout(Pass& pass, const std::string& message) {
  for (const auto point : hook_points) leave_out(pass, point);
  pass.next.active = pass.next.target;
  pass.enter(Phase::Complete, message);
}

// What a failed job leads to is done here; true once the rollout may go on.
bool may_go_on(Pass& pass, const JobReport& report) {
  if (report.progress != JobProgress::Failed) return report.progress == JobProgress::Done;
  // It was held for this already, and a newer spec waits: that one is to mend it.
  if (!can_roll_back(pass.next) && !pass.next.failure.empty() && is_overtaken(pass)) return true;
  pass.fail(report.why);
  return false;
}

// The contract step takes away what the old version needs; where somebody goes back to, nothing is taken away.
bool contracts(const Pass& pass) {
  if (pass.next.rollback) return false;
  return std::ranges::any_of(pass.spec().migration.jobs, [&](const Job& job) {
    const auto found = std::ranges::find(pass.next.jobs, job.name, &JobRecord::job);
    return job.phase == JobPhase::AfterCutover && found != pass.next.jobs.end();
  });
}

HookPoint hooks_after(const Pass& pass) { return pass.next.rollback ? HookPoint::OnRollback : HookPoint::AfterCutover; }

// From here on the old revision leaves, or what replaced it is final.
void cut_over(Pass& pass, const std::string& message) {
  const auto phase = phase_after(Phase::Verifying, strategy_of(pass.next));
  if (phase != Phase::Complete) return pass.enter(phase, message);
  if (!contracts(pass) && hooks_at(pass.spec().hooks, hooks_after(pass)).empty()) {
    return complete_rollout(pass, message);
  }
  pass.next.cut_over = true;
  pass.enter(Phase::Retiring, message);
}

}  // namespace

void migrating(Pass& pass) {
  const auto report = pass.next.rollback ? migrate(pass, JobPhase::BeforeStart) : prepare_schema(pass);
  switch (report.progress) {
    case JobProgress::Running:
      break;
    case JobProgress::Failed:
      pass.fail(report.why);
      return;
    case JobProgress::Done:
      pass.enter(Phase::Starting, "the schema is ready");
      break;
  }
  keep_old(pass, true);
}

void starting(Pass& pass) {
  auto how = target_in(pass, false, exits_while_starting);
  how.stop_first = !pass.next.active || !keeps_old(pass.next);  // beside an old one they wait for the others
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
  // The bake counts from when all that will serve was seen to: after a replacement, a pause, a load balancer that was
  // away, and after time in which nobody looked.
  if (!complete(target) && !mutated("bake-counts-from-its-phase")) pass.next.interrupted_at = pass.now;
  if (stopped_by(pass, target)) return;
  const auto begun = pass.next.phases.empty() ? pass.now : pass.next.phases.back().started_at;
  const auto from = std::max(begun, pass.next.interrupted_at.value_or(begun));
  const auto& traffic = pass.world.traffic;
  if (begun < pass.now) pass.next.verified_probes += traffic.probes - traffic.failed;  // earlier ones met the old only
  const Component* behind = nullptr;
  for (const auto& component : pass.spec().components) {
    if (component.load_balancer) behind = &component;
  }
  // While nothing served, or a load balancer was away, probes failed too: that streak says nothing of the new version,
  // which gets its own check's time from when it serves.
  const auto heard_at = from + (behind ? behind->health.failures * behind->health.interval : Duration{0});
  const bool heard = (pass.next.verified_probes > 0 && from == begun) || pass.now >= heard_at;
  if (behind && traffic.failures >= behind->health.failures && !heard) pass.wake_at(heard_at);
  if (behind && traffic.failures >= behind->health.failures && heard) {
    const Why broken{"HealthCheckFailed", fmt::format("{} through load balancer {} answers {}", mask_connection_strings(behind->health.path),
                                                      behind->load_balancer->name, traffic.answer)};
    if (!held_for_dependency(pass, broken)) pass.fail(broken);
    return;
  }
  // What somebody goes back to was verified when it was new, and is wanted now.
  const auto over = from + (pass.next.rollback ? Duration{0} : pass.spec().rollout.bake);
  const auto analysis = pass.next.rollback ? AnalysisReport{} : analyse(pass);
  if (analysis.broken) return pass.fail(*analysis.broken);
  if (!complete(target)) return;
  if (analysis.pending) pass.wait(analysis.pending->reason, analysis.pending->message);
  if (pass.now < over) {
    pass.wait("Baking", fmt::format("all green; {} for {} more{}{}",
                                    pass.next.active && keeps_old(pass.next) ? "the old replicas stay as the fallback"
                                                                             : "watching it",
                                    format_duration(std::chrono::ceil<std::chrono::seconds>(over - pass.now)),
                                    analysis.summary.empty() ? "" : "; analysis: ", analysis.summary));
    pass.wake_at(over);
    pass.next.progressed_at = pass.now;
    return;
  }
  if (analysis.pending && !mutated("analysis-ignored")) return;
  if (behind && pass.world.traffic_targets > 0 &&
      pass.next.verified_probes < static_cast<std::uint64_t>(behind->health.successes)) {
    pass.wait("Verifying", fmt::format("checking {} through load balancer {}: {}", mask_connection_strings(behind->health.path),
                                       behind->load_balancer->name, traffic.answer));
    return;
  }
  if (!pass.next.rollback && !may_go_on(pass, run_hooks(pass, HookPoint::BeforeCutover))) return;
  if (pass.spec().rollout.approval == Approval::BeforeCutover && !pass.next.approved) {
    pass.next.awaiting = Phase::Withdrawing;
    pass.enter(Phase::AwaitingApproval,
               fmt::format("waits for approval before the old replicas leave: teal approve {}", pass.next.application));
    return;
  }
  cut_over(pass, fmt::format("verified for {}", format_duration(pass.now - from)));
}

void withdrawing(Pass& pass) {
  bool may_drain = true;
  if (wants_target(pass.next)) {
    const auto target = bring_up(pass, pass.next.target, target_in(pass, true, 0));
    may_drain = complete(target) || mutated("t4-old-leave-first");  // T4
  }
  bool out = true;
  int gone = 0;
  for (const auto& container : pass.world.containers) {
    if (container.role != Role::Serve || !is_old(pass, container)) continue;
    const bool is_out = withdraw(pass, container, may_drain);
    out = out && is_out;
    gone += is_out ? 1 : 0;
  }
  pass.progressed_to(gone);
  if (out) pass.enter(Phase::Retiring, "the old replicas are out of traffic");
}

void retiring(Pass& pass) {
  if (wants_target(pass.next)) bring_up(pass, pass.next.target, target_in(pass, true, 0));
  const bool is_last = is_last_phase(pass.next);
  // The old ones still run: until the hooks have ended somebody may go back to them at once.
  if (is_last && !may_go_on(pass, run_hooks(pass, hooks_after(pass)))) return;
  const auto begun = pass.next.phases.empty() ? pass.now : pass.next.phases.back().started_at;
  const bool any_old = std::ranges::any_of(pass.world.containers, [&](const Container& one) {
    return one.role == Role::Serve && one.state == ContainerState::Running && is_old(pass, one);
  });
  const bool keeps = any_old && wants_target(pass.next) && !pass.next.rollback;
  const auto keep_until = begun + (keeps ? pass.spec().rollout.keep_old : Duration{0});
  if (pass.now < keep_until && !is_overtaken(pass)) {
    pass.wait("KeepingOld",
              fmt::format("the old replicas are kept, out of traffic, until {}", format_time(keep_until)));
    pass.wake_at(keep_until);
    pass.next.progressed_at = pass.now;
    return;
  }
  if (!dispose(pass, true, [&](const Container& one) { return is_old(pass, one); })) return;
  if (!clear_of_servers(pass, &pass.spec())) return;
  if (is_last && contracts(pass) && !may_go_on(pass, migrate(pass, JobPhase::AfterCutover))) return;
  remove_ended_jobs(pass, [](const Container&) { return true; });
  if (is_last) return complete_rollout(pass, fmt::format("{} takes all traffic", pass.spec().version));
  pass.enter(phase_after(Phase::Retiring, strategy_of(pass.next)), "the old replicas are gone");
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
    if (stopped_by(pass, target)) return;
    if (const auto analysis = analyse(pass); analysis.broken) return pass.fail(*analysis.broken);
    if (!complete(target)) return;
  }
  if (!go_on) return;
  pass.next.awaiting.reset();
  const std::string message = is_asked_for ? "approved" : "approval is no longer asked for";
  if (goal != Phase::Migrating) return cut_over(pass, message);
  pass.enter(phase_after(Phase::Preparing, strategy_of(pass.next)), message);
}

}  // namespace teal
