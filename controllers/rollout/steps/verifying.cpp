#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/blame.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/rules.hpp"
#include "controllers/rollout/steps/cutover.hpp"
#include "controllers/rollout/traffic/traffic.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::rollout {
namespace {

// Whoever answers the probes, it is not what is to be verified.
void wait_for_evidence(Pass& pass, const spec::Component& component) {
  const auto& use = *component.load_balancer;
  pass.wait(
      spec::Reason::Verifying,
      fmt::format("{} through load balancer {} is not answered by backend {} ({}): none of its servers was given a "
                  "request for it; if the frontend routes by host name, set the application's in the manifest "
                  "(health: {{headers: {{Host: …}}}}) and see that `url` in teald.yaml leads to that frontend",
                  masking::mask_connection_strings(component.health.path), use.name, use.backend,
                  pass.world.traffic.answer));
  pass.wake_in(std::chrono::milliseconds{100});
}

// Users ask so often that the counters do not show yet whether probes reach the backend, too.
void wait_for_a_quiet_moment(Pass& pass, const spec::Component& component) {
  pass.wait(spec::Reason::Verifying,
            fmt::format("{} through load balancer {} answers {}; whether that is backend {} cannot be told from the "
                        "requests of others yet",
                        masking::mask_connection_strings(component.health.path), component.load_balancer->name,
                        pass.world.traffic.answer, component.load_balancer->backend));
  pass.wake_in(std::chrono::milliseconds{100});
}

// What is not known in the end is said in the event.
std::string verified_text(const Pass& pass, Time from) {
  const auto* hidden = obscured(pass, true);
  auto text = fmt::format("verified for {}", format_duration(pass.now - from));
  if (!hidden) return text;
  return text + fmt::format(
                    "; so many requests reach backend {} that it cannot be told whether teald's own through "
                    "load balancer {} are among them",
                    hidden->load_balancer->backend, hidden->load_balancer->name);
}

}  // namespace

void verifying(Pass& pass) {
  const auto target = bring_up(pass, pass.next.course.target, target_in(pass, true, 0));
  keep_old(pass, false);
  // The bake counts from when all that will serve was seen to: after a replacement, a pause, a load balancer that was
  // away, and after time in which nobody looked.
  if (!complete(target) && !mutants::mutated("bake-counts-from-its-phase")) pass.interrupt_bake();
  if (stopped_by(pass, target)) return;
  const auto begun = pass.next.standing.phases.empty() ? pass.now : pass.next.standing.phases.back().started_at;
  const auto from = std::max(begun, pass.next.standing.bake_from.value_or(begun));
  const auto& traffic = pass.world.traffic;
  if (begun < pass.now)
    pass.next.standing.verified_probes += traffic.probes - traffic.failed;  // earlier ones met the old only
  const spec::Component* behind = nullptr;
  for (const auto& component : pass.spec().components) {
    if (component.load_balancer) behind = &component;
  }
  // While nothing served, or a load balancer was away, probes failed too: that streak says nothing of the new version,
  // which gets its own check's time from when it serves.
  const auto heard_at = from + (behind ? behind->health.failures * behind->health.interval : Duration{0});
  const bool heard = (pass.next.standing.verified_probes > 0 && from == begun) || pass.now >= heard_at;
  if (behind && traffic.failures >= behind->health.failures && !heard) pass.wake_at(heard_at);
  const bool asked = behind && (pass.next.standing.verified_probes > 0 || traffic.failures >= behind->health.failures);
  const auto* stray = asked ? unreached(pass) : nullptr;
  if (stray) wait_for_evidence(pass, *stray);
  if (!stray && behind && traffic.failures >= behind->health.failures && heard) {
    const Why broken{spec::Reason::HealthCheckFailed, fmt::format("{} through load balancer {} answers {}",
                                                                  masking::mask_connection_strings(behind->health.path),
                                                                  behind->load_balancer->name, traffic.answer)};
    if (!held_for_dependency(pass, Trouble{broken, true})) pass.fail(broken);
    return;
  }
  const bool bakes = rules_of(pass.next).bakes;
  const auto over = from + (bakes ? pass.spec().rollout.bake : Duration{0});
  const auto analysis = bakes ? analyse(pass) : AnalysisReport{};
  if (analysis.broken) return pass.fail(*analysis.broken);
  if (!complete(target)) return;
  if (analysis.pending) pass.wait(analysis.pending->reason, analysis.pending->message);
  if (pass.now < over) {
    pass.wait(spec::Reason::Baking,
              fmt::format("all green; {} for {} more{}{}",
                          pass.next.course.active && keeps_old(pass.next) ? "the old replicas stay as the fallback"
                                                                          : "watching it",
                          format_duration(std::chrono::ceil<std::chrono::seconds>(over - pass.now)),
                          analysis.summary.empty() ? "" : "; analysis: ", analysis.summary));
    pass.wake_at(over);
    pass.excuse(records::Excuse::Baking);
    return;
  }
  if (analysis.pending && !mutants::mutated("analysis-ignored")) return;
  if (stray) return;
  if (behind && pass.world.traffic_targets > 0 &&
      pass.next.standing.verified_probes < static_cast<std::uint64_t>(behind->health.successes)) {
    pass.wait(spec::Reason::Verifying, fmt::format("checking {} through load balancer {}: {}",
                                                   masking::mask_connection_strings(behind->health.path),
                                                   behind->load_balancer->name, traffic.answer));
    return;
  }
  if (const auto* hidden = obscured(pass, false)) return wait_for_a_quiet_moment(pass, *hidden);
  if (!may_go_on(pass, run_hooks(pass, spec::HookPoint::BeforeCutover))) return;
  if (pass.spec().rollout.approval == spec::Approval::BeforeCutover && !pass.next.orders.approved) {
    pass.next.standing.awaiting = spec::Phase::Withdrawing;
    pass.enter(spec::Phase::AwaitingApproval,
               fmt::format("waits for approval before the old replicas leave: teal approve {}", pass.next.application));
    return;
  }
  cut_over(pass, verified_text(pass, from));
}

}  // namespace teal::rollout
