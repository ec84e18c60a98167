#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include "controllers/rollout/replicas/blame.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/retire.hpp"

namespace teal::rollout {

void introducing(Pass& pass) {
  auto first = target_in(pass, true, exits_while_starting);
  first.stop_first = false;
  const auto others = bring_up(pass, pass.next.course.target, first);
  keep_old(pass, false);
  if (stopped_by(pass, others)) return;
  pass.progressed_to(others.up);
  if (!complete(others)) return;
  // The others serve: now those that must never run twice are replaced, old before new.
  const bool old_gone = dispose(
      pass, true, [&](const world::Container& one) { return is_old(pass, one) && is_stop_first(pass, one.unit); });
  const auto all = bring_up(pass, pass.next.course.target, target_in(pass, true, exits_while_starting));
  if (stopped_by(pass, all)) return;
  pass.progressed_to(all.ready + all.up);
  if (!old_gone || !complete(all)) return;
  pass.enter(spec::Phase::Verifying,
             all.wanted_servers == 0
                 ? fmt::format("{} new {}", all.ready, all.ready == 1 ? "replica runs" : "replicas run")
                 : fmt::format("{} new {} up", all.up, all.up == 1 ? "server is" : "servers are"));
}

}  // namespace teal::rollout
