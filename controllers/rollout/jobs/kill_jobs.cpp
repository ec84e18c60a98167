// The end of jobs that their timeout and their stop signal have not ended.
#include <fmt/format.h>

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

constexpr Duration kill_again_after = 30s;  // an engine that was away, or a process that hangs in the kernel

// The manifest in force decides, since how a migration is supervised is edited in place. A job that it does not name
// any more is judged by the spec that it ran for.
std::optional<Duration> kill_after(const Pass& pass, const world::Container& job) {
  const auto& in_force = pass.desired.application.spec;
  const auto& spec = spec::find_job(in_force, job.unit) != nullptr ? in_force : pass.spec();
  const auto* found = spec::find_job(spec, job.unit);
  const bool is_hook = spec::find_hook(spec.hooks, job.unit).has_value();
  return is_hook && found != nullptr ? found->kill_after : spec.migration.kill_after;
}

void kill_when_due(Pass& pass, const world::Container& job, records::StopRecord& stop) {
  const auto due = kill_due(pass, job);
  if (stop.kill_asked_by.empty() && (!due || pass.now < *due)) {
    if (due) pass.wake_at(*due);
    return;
  }
  const bool is_first = !stop.killed_at;
  if (is_first || pass.now >= *stop.killed_at + kill_again_after) {
    if (pass.act(SendStop{job.id, job.name, "SIGKILL"})) {
      stop.killed_at = pass.now;
      const auto why =
          stop.kill_asked_by.empty()
              ? fmt::format("still runs {} after it was asked to stop (killAfter)",
                            format_duration(std::chrono::floor<std::chrono::seconds>(pass.now - stop.decided_at)))
              : fmt::format("still runs, and {} asked to end it", stop.kill_asked_by);
      if (is_first) pass.warning(spec::Reason::JobKilled, fmt::format("{} {}: it is killed", job.name, why));
    }
  }
  if (stop.killed_at) pass.wake_at(*stop.killed_at + kill_again_after);
}

}  // namespace

std::optional<Time> kill_due(const Pass& pass, const world::Container& job) {
  const auto after = kill_after(pass, job);
  const auto stop = pass.next.leaving.stopping.find(job.id);
  if (!after || stop == pass.next.leaving.stopping.end()) return std::nullopt;
  return stop->second.decided_at + *after;
}

std::string end_job_text(const Pass& pass, const world::Container& job) {
  return fmt::format("teal end-job {0} --job {1} --confirm {0}", pass.next.application, job.unit);
}

void kill_jobs(Pass& pass) {
  for (const auto& container : pass.world.containers) {
    if (container.role != world::Role::Migrate || container.state != world::ContainerState::Running) continue;
    const auto stop = pass.next.leaving.stopping.find(container.id);
    if (stop != pass.next.leaving.stopping.end()) kill_when_due(pass, container, stop->second);
  }
}

}  // namespace teal::rollout
