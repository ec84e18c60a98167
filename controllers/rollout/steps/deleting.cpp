#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>

#include "controllers/rollout/jobs/run_job.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal {

bool deleting(Pass& pass) {
  if (const auto* job = running_job(pass)) {
    pass.wait("Deleting", still_running_text(pass, *job));
  }
  if (!settle_jobs(pass, false)) pass.wake_in(std::chrono::seconds{1});
  const bool none = dispose(pass, true, [](const Container&) { return true; });
  remove_dead_servers(pass);
  remove_ended_jobs(pass, [](const Container&) { return true; });
  const bool clear = clear_of_servers(pass, nullptr);
  pass.wait("Deleting", fmt::format("removing {} containers", pass.world.containers.size()));
  return none && clear && pass.world.containers.empty() && !pass.has_actions();
}

}  // namespace teal
