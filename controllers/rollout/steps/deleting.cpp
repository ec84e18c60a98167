#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/run_job.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/traffic/predecessors.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {

bool deleting(Pass& pass) {
  if (const auto* job = running_job(pass)) {
    pass.wait(spec::Reason::Deleting, still_running_text(pass, *job));
  }
  if (!settle_jobs(pass, false)) pass.wake_in(std::chrono::seconds{1});
  const bool none = dispose(pass, true, [](const world::Container&) { return true; });
  const auto stays = std::ranges::find_if(pass.world.containers, [&](const world::Container& one) {
    return is_left_behind(pass.world, one) || cannot_be_ended(pass.world, one);
  });
  if (stays != pass.world.containers.end()) {
    pass.warn_once(
        spec::Reason::LeftBehind,
        fmt::format("{} takes no traffic and cannot be removed, so the deletion waits for it and tries on: {}",
                    stays->name, why_it_stays(pass.world, *stays)));
    pass.wait(spec::Reason::LeftBehind,
              fmt::format("{} cannot be removed, and that is tried on; everything else of it is gone or on its way: {}",
                          stays->name, why_it_stays(pass.world, *stays)));
  }
  remove_dead_servers(pass);
  forget_predecessors(pass);
  remove_ended_jobs(pass, [](const world::Container&) { return true; });
  const bool clear = clear_of_servers(pass, nullptr);
  pass.wait(spec::Reason::Deleting, fmt::format("removing {} containers", pass.world.containers.size()));
  // Whoever forgets the application forgets its locks: they are given back first.
  const auto is_locked = [](const auto& one) { return one.second.held_on.has_value(); };
  const bool unlocked = std::ranges::none_of(pass.world.databases, is_locked);
  return none && clear && unlocked && pass.world.containers.empty() && !pass.has_actions();
}

}  // namespace teal::rollout
