#include "controllers/rollout/steps/steps.hpp"

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/traffic/backends.hpp"
#include "controllers/rollout/traffic/predecessors.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {

void withdrawing(Pass& pass) {
  bool may_drain = true;
  if (wants_target(pass.next)) {
    const auto target = bring_up(pass, pass.next.course.target, target_in(pass, true, 0));
    may_drain = complete(target) || mutants::mutated("t4-old-leave-first");  // T4
  }
  bool out = true;
  int gone = 0;
  for (const auto& container : pass.world.containers) {
    if (container.role != world::Role::Serve || !is_old(pass, container)) continue;
    const bool is_out = withdraw(pass, container, may_drain);
    out = out && is_out;
    gone += is_out ? 1 : 0;
  }
  out = withdraw_predecessors(pass, may_drain) && out;
  pass.progressed_to(gone);
  if (!out) return;
  pass.enter(spec::Phase::Retiring, !pass.next.course.active && pass.spec().adopt ? "what ran before is out of traffic"
                                    : !pass.next.course.active                    ? "there are no old replicas"
                                    : !is_balanced(pass.next) ? "the new replicas are verified, so the old ones end"
                                                              : "the old replicas are out of traffic");
}

}  // namespace teal::rollout
