#include "controllers/rollout/replicas/fleet.hpp"

#include "controllers/rollout/jobs/older_memory.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "manifests/spec/diff.hpp"

namespace teal::rollout {

FleetReport keep_old(Pass& pass, bool with_stop_first) {
  if (!pass.next.course.active || !keeps_old(pass.next)) return {};
  const auto may_start = may_start_active(pass);
  if (may_start == MayStart::No) return {};
  if (may_start == MayStart::NotYet) {
    FleetReport none;
    none.wanted = 1;  // at least, and it is not there
    return none;
  }
  BringUp how;
  how.registered = true;
  how.tolerate_exits = true;
  how.stop_first = with_stop_first;
  return bring_up(pass, *pass.next.course.active, how);
}

BringUp target_in(const Pass& pass, bool registered, int allowed_exits) {
  BringUp how;
  how.registered = registered;
  how.allowed_exits = allowed_exits;
  how.tolerate_exits = !can_roll_back(pass.next);
  return how;
}

bool complete(const FleetReport& report) { return report.ready == report.wanted && report.up == report.wanted_servers; }

bool is_overtaken(const Pass& pass) {
  if (pass.next.generation == pass.desired.generation || pass.desired.deleting) return false;
  const auto& wanted = pass.desired.application.spec;
  return !pass.next.course.active ||
         spec::classify(pass.next.course.active->application.spec, wanted) == spec::ChangeKind::NewRevision;
}

bool make_way(Pass& pass, bool may_drain, const std::function<bool(const world::Container&)>& which) {
  const bool first =
      dispose(pass, true, [&](const world::Container& one) { return which(one) && never_together(pass, one.unit); });
  const bool rest = dispose(pass, may_drain,
                            [&](const world::Container& one) { return which(one) && !never_together(pass, one.unit); });
  return first && rest;
}

}  // namespace teal::rollout
