// What a commit tells the metrics: each phase, job and rollout that has ended, once.
#include <algorithm>

#include "controllers/reconcile/entry.hpp"

namespace teal::reconcile {

void Reconciler::measure_traffic(const std::optional<records::RolloutRecord>& before,
                                 const records::RolloutRecord& after) {
  const bool same_rollout = before && before->course.target.number == after.course.target.number;
  for (const auto& [component, count] : after.traffic.errors) {
    std::uint64_t known = 0;
    if (same_rollout && before->traffic.errors.contains(component)) known = before->traffic.errors.at(component);
    if (count > known) ports_.telemetry->load_balancer_errors(after.application, component, count - known);
  }
}

void Reconciler::measure(const std::optional<records::RolloutRecord>& before, const records::RolloutRecord& after) {
  auto& telemetry = *ports_.telemetry;
  const bool same_rollout = before && before->course.target.number == after.course.target.number;
  for (std::size_t i = 0; i < after.standing.phases.size(); ++i) {
    const auto& span = after.standing.phases[i];
    const bool known = same_rollout && i < before->standing.phases.size() && before->standing.phases[i].finished_at;
    if (!span.finished_at || known) continue;
    telemetry.phase_finished(after.application, to_string(span.phase), *span.finished_at - span.started_at);
  }
  for (const auto& job : after.jobs) {
    if (!job.finished_at || !job.started_at) continue;
    const auto* old = [&]() -> const records::JobRecord* {
      if (!same_rollout) return nullptr;
      const auto found = std::ranges::find(before->jobs, job.job, &records::JobRecord::job);
      return found == before->jobs.end() ? nullptr : &*found;
    }();
    if (old && old->finished_at == job.finished_at) continue;
    const auto outcome = job.repeats.value_or(job.state);  // it is to be repeated
    telemetry.job_finished(after.application, job.job, to_string(outcome), *job.finished_at - *job.started_at);
  }
  if (records::is_terminal(after.standing.phase) && !(same_rollout && records::is_terminal(before->standing.phase))) {
    telemetry.rollout_finished(after.application, to_string(after.standing.phase),
                               after.outcome.finished_at.value_or(after.started_at) - after.started_at);
  }
}

}  // namespace teal::reconcile
