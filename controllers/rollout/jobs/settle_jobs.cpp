// What is left to do about jobs that nobody wants to begin any more.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {

bool settle_jobs(Pass& pass, bool may_repeat) {
  const auto settle = [&](std::vector<records::JobRecord>& records) {
    for (auto& record : records) {
      if (record.state != records::JobState::Running) continue;
      const auto* job = spec::find_job(pass.spec(), record.job);
      const auto hook = spec::find_hook(pass.spec().hooks, record.job);
      const bool is_own = hook == spec::HookPoint::OnRollback && pass.next.standing.phase == spec::Phase::RollingBack;
      if (job == nullptr || (is_own && !pass.desired.deleting)) continue;
      static_cast<void>(run_job({pass, *job, record, hook, {false, may_repeat}}));
      if (record.state == records::JobState::Running) return false;
    }
    return true;
  };
  return settle(pass.next.jobs) && settle(pass.next.hooks);
}

std::string still_running_text(const Pass& pass, const world::Container& job) {
  const auto stop = pass.next.leaving.stopping.find(job.id);
  const bool is_asked = stop != pass.next.leaving.stopping.end();
  const auto asked = is_asked ? std::string{"it was asked to stop and runs on"}
                              : "it is asked to stop after " + format_duration(pass.spec().migration.timeout);
  if (is_asked && stop->second.killed_at)
    return fmt::format("waiting for {} to end: it was killed and has not ended yet", job.name);
  if (const auto due = kill_due(pass, job); due && is_asked) {
    return fmt::format(
        "waiting for {} to end: {}, and is killed in {} (killAfter)", job.name, asked,
        format_duration(std::chrono::ceil<std::chrono::seconds>(std::max(*due - pass.now, Duration{0}))));
  }
  const auto by_hand = job.command_to_end.empty() ? std::string{} : ", or by hand: " + job.command_to_end;
  const auto end = is_asked          ? fmt::format("; an admin ends it with: {}{}", end_job_text(pass, job), by_hand)
                   : by_hand.empty() ? std::string{}
                                     : "; to end it yourself: " + job.command_to_end;
  return fmt::format("waiting for {} to end: a migration is never cut short ({}){}", job.name, asked, end);
}

const world::Container* running_job(const Pass& pass) {
  const auto found = std::ranges::find_if(pass.world.containers, [](const world::Container& one) {
    return one.role == world::Role::Migrate && one.state == world::ContainerState::Running;
  });
  return found == pass.world.containers.end() ? nullptr : &*found;
}

}  // namespace teal::rollout
