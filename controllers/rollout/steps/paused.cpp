#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/evidence_of.hpp"
#include "controllers/rollout/jobs/run_job.hpp"
#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/verbs.hpp"

namespace teal::rollout {
namespace {

// Of a Recreate between the end of the old and the start of the new.
bool nothing_serves(const Pass& pass) {
  if (!pass.next.course.active || keeps_old(pass.next)) return false;
  const auto& backends = pass.world.backends;
  if (backends.empty()) {
    return std::ranges::none_of(pass.world.containers, [](const world::Container& one) {
      return one.role == world::Role::Serve && one.state == world::ContainerState::Running;
    });
  }
  return std::ranges::all_of(backends, [](const BackendView& one) {
    return one.presence == Presence::Present && std::ranges::none_of(one.servers, &world::Server::up);
  });
}

std::string paused_text(const Pass& pass, bool has_way_back) {
  const auto& record = pass.next;
  const auto& name = record.application;
  if (nothing_serves(pass) && has_way_back) {
    return fmt::format("nothing serves while it is paused{}{}: teal {} {} goes on, teal abort {} brings {} back",
                       record.outcome.failure.empty() ? "" : ": ", record.outcome.failure,
                       record.outcome.failure.empty() ? "resume" : "retry", name, name,
                       record.course.active->application.spec.version);
  }
  if (record.outcome.failure.empty()) return fmt::format("paused: teal resume {} or teal abort {}", name, name);
  if (has_way_back) {
    return fmt::format("paused: {}; teal retry {} tries that again,{} teal abort {} goes back", record.outcome.failure,
                       name, needs_retry(record) ? "" : fmt::format(" teal resume {} continues unchanged,", name),
                       name);
  }
  return fmt::format(
      "{}; the new version serves, and stays: teal retry {} does this step again, a newer spec passes it "
      "over{}",
      record.outcome.failure, name,
      record.course.active && !has_run_post_deployment(record) ? fmt::format(", teal rollback {} goes back", name)
                                                               : "");
}

}  // namespace

void paused(Pass& pass) {
  complete_evidence(pass);
  const bool has_way_back = can_roll_back(pass.next);
  if (!has_way_back && is_overtaken(pass)) {
    pass.warning(spec::Reason::GivenUp,
                 fmt::format("{}: passed over, since a newer spec waits", pass.next.outcome.failure));
    pass.next.orders.paused = false;
    return pass.wake_at(pass.now);
  }
  pass.wait(spec::Reason::Paused, paused_text(pass, has_way_back));
  pass.excuse(records::Excuse::Paused);
  static_cast<void>(settle_jobs(pass, true));  // one that runs is not stopped by a pause, and its end is put on record
  const bool registered = wants_target_registered(pass.next);
  if (wants_target(pass.next)) {
    auto how = target_in(pass, registered, 0);
    how.stop_first = registered || !pass.next.course.active || !keeps_old(pass.next);
    bring_up(pass, pass.next.course.target, how);
  }
  keep_old(pass, !registered);
}

}  // namespace teal::rollout
