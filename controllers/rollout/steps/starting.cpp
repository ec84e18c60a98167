#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/blame.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/retire.hpp"

namespace teal::rollout {

void starting(Pass& pass) {
  auto how = target_in(pass, false, exits_while_starting);
  how.stop_first = !pass.next.course.active || !keeps_old(pass.next);  // beside an old one they wait for the others
  const auto target = bring_up(pass, pass.next.course.target, how);
  keep_old(pass, true);
  // Where the old have left before, one may be there still: created late, or beyond removal, which is tried on here.
  if (pass.next.course.active && !keeps_old(pass.next)) {
    dispose(pass, true, [&](const world::Container& one) { return is_old(pass, one); });
  }
  if (stopped_by(pass, target)) return;
  pass.progressed_to(target.ready);
  if (target.ready == target.wanted)
    pass.enter(spec::Phase::Introducing, target.ready == 1 ? std::string{"1 new replica is healthy"}
                                                           : fmt::format("{} new replicas are healthy", target.ready));
}

}  // namespace teal::rollout
