#include "controllers/rollout/steps/cutover.hpp"

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/rules.hpp"

namespace teal::rollout {

void complete_rollout(Pass& pass, const std::string& message) {
  for (const auto point : spec::hook_points) leave_out(pass, point);
  pass.next.course.active = pass.next.course.target;
  pass.enter(spec::Phase::Complete, message);
}

bool may_go_on(Pass& pass, const JobReport& report) {
  if (report.progress != JobProgress::Failed) return report.progress == JobProgress::Done;
  // It was held for this already, and a newer spec waits: that one is to fix it.
  if (!can_roll_back(pass.next) && !pass.next.outcome.failure.empty() && is_overtaken(pass)) return true;
  pass.fail(report.why);
  return false;
}

// The post-deployment step takes away what the old version needs; where somebody goes back to, nothing is taken away.
bool has_post_deployment(const Pass& pass) {
  if (!rules_of(pass.next).post_deployment) return false;
  return std::ranges::any_of(pass.spec().migration.jobs, [&](const spec::Job& job) {
    const auto found = std::ranges::find(pass.next.jobs, job.name, &records::JobRecord::job);
    return job.phase == spec::JobPhase::AfterCutover && found != pass.next.jobs.end();
  });
}

void cut_over(Pass& pass, const std::string& message) {
  const auto phase = phase_after(spec::Phase::Verifying, strategy_of(pass.next));
  if (phase != spec::Phase::Complete) return pass.enter(phase, message);
  if (!has_post_deployment(pass) && spec::hooks_at(pass.spec().hooks, rules_of(pass.next).last_hooks).empty()) {
    return complete_rollout(pass, message);
  }
  pass.enter(spec::Phase::Retiring, message);
}

}  // namespace teal::rollout
