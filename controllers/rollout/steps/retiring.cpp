#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/rules.hpp"
#include "controllers/rollout/steps/cutover.hpp"
#include "controllers/rollout/traffic/predecessors.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {

namespace {

// An old replica that the engine cannot end is out of traffic, and must not keep a newer spec from its turn; but where
// it must not run beside the new one, or needs what the post-deployment step takes away, it is waited for.
bool is_passed_over(const Pass& pass) {
  if (!is_last_phase(pass.next) || !is_overtaken(pass) || has_post_deployment(pass)) return false;
  return std::ranges::all_of(pass.world.containers, [&](const world::Container& one) {
    if (one.role != world::Role::Serve || !is_old(pass, one) || is_left_behind(pass.world, one)) return true;
    return cannot_be_ended(pass.world, one) && !never_together(pass, one.unit);
  });
}

}  // namespace

void retiring(Pass& pass) {
  if (wants_target(pass.next)) bring_up(pass, pass.next.course.target, target_in(pass, true, 0));
  const bool is_last = is_last_phase(pass.next);
  // The old ones still run: until the hooks have ended somebody may go back to them at once.
  if (is_last && !may_go_on(pass, run_hooks(pass, rules_of(pass.next).last_hooks))) return;
  const auto begun = pass.next.standing.phases.empty() ? pass.now : pass.next.standing.phases.back().started_at;
  const bool any_old = std::ranges::any_of(pass.world.containers, [&](const world::Container& one) {
    return one.role == world::Role::Serve && one.state == world::ContainerState::Running && is_old(pass, one);
  });
  const bool any_before = pass.spec().adopt && pass.spec().adopt->stop && !pass.next.course.active;
  const bool keeps = (any_old || any_before) && wants_target(pass.next) && rules_of(pass.next).keeps_old;
  const auto keep_until = begun + (keeps ? pass.spec().rollout.keep_old : Duration{0});
  if (pass.now < keep_until && !is_overtaken(pass)) {
    pass.wait(spec::Reason::KeepingOld,
              fmt::format("the old replicas are kept, out of traffic, until {}", format_time(keep_until)));
    pass.wake_at(keep_until);
    pass.excuse(records::Excuse::KeepingOld);
    return;
  }
  const auto is_of_old = [&](const world::Container& one) { return is_old(pass, one); };
  if (!dispose(pass, true, is_of_old) && !is_passed_over(pass)) return;
  if (!stop_predecessors(pass)) return;
  if (!clear_of_servers(pass, &pass.spec())) return;
  if (is_last && has_post_deployment(pass) && !may_go_on(pass, migrate(pass, spec::JobPhase::AfterCutover))) return;
  remove_ended_jobs(pass, [](const world::Container&) { return true; });
  tell_left_behind(pass, is_of_old);
  if (is_last) {
    return complete_rollout(pass,
                            pass.spec().version + (pass.world.backends.empty() ? " runs alone" : " takes all traffic"));
  }
  pass.enter(phase_after(spec::Phase::Retiring, strategy_of(pass.next)),
             pass.next.course.active ? "the old replicas are gone" : "there are no old replicas");
}

}  // namespace teal::rollout
