#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/evidence_of.hpp"
#include "controllers/rollout/jobs/older_memory.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/liveness.hpp"
#include "controllers/rollout/replicas/retire.hpp"

namespace teal::rollout {

void ended(Pass& pass) {
  complete_evidence(pass);
  if (pass.next.course.active && may_start_active(pass) != MayStart::Yes) {
    pass.wake_in(std::chrono::seconds{10});
  } else if (pass.next.course.active) {
    BringUp how;
    how.registered = true;
    how.tolerate_exits = true;
    const auto report = bring_up(pass, *pass.next.course.active, how);
    replace_hung(pass, *pass.next.course.active);
    const bool whole = complete(report);
    if (report.wanted == 0)
      pass.wait(spec::Reason::AllReplicasReady,
                fmt::format("version {} is installed and scaled to 0: no replica is wanted",
                            pass.next.course.active->application.spec.version));
    pass.wait(whole ? spec::Reason::AllReplicasReady : spec::Reason::ReplicasNotReady,
              fmt::format("{} of {} of version {} {} ready", report.ready,
                          report.wanted == 1 ? "1 replica" : fmt::format("{} replicas", report.wanted),
                          pass.next.course.active->application.spec.version, report.wanted == 1 ? "is" : "are"));
    const bool others_serve = report.up >= report.wanted_servers || mutants::mutated("t1-while-scaling");
    make_way(pass, others_serve,
             [&](const world::Container& one) { return one.revision != pass.next.course.active->number; });
    // Scaled down: old and new do not meet here, so that even of a Recreate those that serve wait for the others (T1).
    dispose(pass, others_serve, [&](const world::Container& one) {
      if (one.revision != pass.next.course.active->number) return false;
      const auto* component = spec::find_component(pass.next.course.active->application.spec, one.unit);
      return !component || one.index >= component->replicas;
    });
  } else {
    dispose(pass, true, [](const world::Container&) { return true; });
  }
  remove_ended_jobs(pass, [](const world::Container&) { return true; });
}

}  // namespace teal::rollout
