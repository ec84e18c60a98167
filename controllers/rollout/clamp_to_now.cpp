#include "controllers/rollout/clamp_to_now.hpp"

#include <algorithm>

namespace teal::rollout {
namespace {

void limit(std::optional<Time>& time, Time now) {
  if (time) time = std::min(*time, now);
}

}  // namespace

void clamp_to_now(records::RolloutRecord& record, Time now) {
  record.started_at = std::min(record.started_at, now);
  limit(record.standing.patience.since, now);
  limit(record.standing.bake_from, now);
  record.standing.blame.at = std::min(record.standing.blame.at, now);
  if (!record.standing.phases.empty()) {
    auto& span = record.standing.phases.back();
    span.started_at = std::min(span.started_at, now);
  }
  for (auto* jobs : {&record.jobs, &record.hooks}) {
    for (auto& job : *jobs) {
      limit(job.started_at, now);
      limit(job.finished_at, now);
      limit(job.database.ended_at, now);
    }
  }
  for (auto& [server, since] : record.leaving.draining) since = std::min(since, now);
  for (auto& [id, stop] : record.leaving.stopping) {
    stop.decided_at = std::min(stop.decided_at, now);
    if (stop.killed_at) stop.killed_at = std::min(*stop.killed_at, now);
  }
  for (auto& [id, aside] : record.aside) aside.since = std::min(aside.since, now);
  for (auto& [name, silence] : record.silences) silence.since = std::min(silence.since, now);
  for (auto& [name, failing] : record.failing_open) failing.since = std::min(failing.since, now);
  for (auto& [name, restart] : record.restarts) restart.last_at = std::min(restart.last_at, now);
}

void clamp_to_now(DatabaseSeen& seen, Time now) {
  seen.view_at = std::min(seen.view_at, now);
  seen.findings_at = std::min(seen.findings_at, now);
  seen.ungranted_at = std::min(seen.ungranted_at, now);
}

void skip_unobserved(records::RolloutRecord& record, Duration unobserved, Time now) {
  if (unobserved <= Duration{0}) return;
  if (record.standing.patience.since) *record.standing.patience.since += unobserved;
  record.standing.bake_from = now;
}

}  // namespace teal::rollout
