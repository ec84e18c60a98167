#include "controllers/rollout/steps/steps.hpp"

#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/blame.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/liveness.hpp"
#include "controllers/rollout/steps/cutover.hpp"
#include "controllers/rollout/steps/preparing.hpp"

namespace teal::rollout {

void awaiting_approval(Pass& pass) {
  const auto goal = pass.next.standing.awaiting.value_or(spec::Phase::Migrating);
  const bool is_asked_for = pass.spec().rollout.approval != spec::Approval::None;
  const bool go_on = pass.next.orders.approved || !is_asked_for;
  if (!go_on || goal != spec::Phase::Migrating) pass.excuse(records::Excuse::AwaitingApproval);
  if (!go_on) pass.wait(spec::Reason::AwaitingApproval, pass.next.outcome.message);
  if (goal == spec::Phase::Migrating) {
    keep_old(pass, true);
    if (pass.next.course.active) replace_hung(pass, *pass.next.course.active);
  } else {
    const auto target = bring_up(pass, pass.next.course.target, target_in(pass, true, 0));
    keep_old(pass, false);
    if (stopped_by(pass, target)) return;
    if (const auto analysis = analyse(pass); analysis.broken) return pass.fail(*analysis.broken);
    if (!complete(target)) return;
  }
  if (!go_on) return;
  if (goal == spec::Phase::Migrating && !is_still_prepared(pass)) return;
  pass.next.standing.awaiting.reset();
  const std::string message = is_asked_for ? "approved" : "approval is no longer asked for";
  if (goal != spec::Phase::Migrating) return cut_over(pass, message);
  pass.enter(phase_after(spec::Phase::Preparing, strategy_of(pass.next)), message);
}

}  // namespace teal::rollout
