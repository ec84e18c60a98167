// Rollouts on record, for tests of their traces.
#pragma once

#include "controllers/records/record.hpp"
#include "tests/support/trace_receiver.hpp"

namespace teal::test {

inline Time at_second(int second) { return Time{Duration{1700000000000 + second * 1000}}; }

inline PhaseSpan phase_span(Phase phase, int from, int to) {
  PhaseSpan span;
  span.phase = phase;
  span.started_at = at_second(from);
  span.finished_at = at_second(to);
  return span;
}

inline RolloutRecord complete_rollout() {
  RolloutRecord record;
  record.application = "shop";
  record.target.number = 7;
  record.target.application.name = "shop";
  record.target.application.spec.version = "2.0";
  record.target.image_digest = "sha256:1";
  record.from_version = "1.0";
  record.strategy = Strategy::BlueGreen;
  record.phase = Phase::Complete;
  record.started_at = at_second(0);
  record.finished_at = at_second(9);
  record.phases = {phase_span(Phase::Pending, 0, 1), phase_span(Phase::Preparing, 1, 2),
                   phase_span(Phase::Migrating, 2, 6), phase_span(Phase::Verifying, 6, 9)};
  JobRecord job;
  job.job = "default";
  job.state = JobState::Succeeded;
  job.attempts = 1;
  job.exit_code = 0;
  job.started_at = at_second(3);
  job.finished_at = at_second(5);
  record.jobs = {job};
  record.traffic.probes = 40;
  record.traffic.failed = 1;
  return record;
}

inline RolloutRecord failed_rollout() {
  auto record = complete_rollout();
  record.phase = Phase::RolledBack;
  record.failure_reason = "MigrationFailed";
  record.failure = "exit code 1: no such column";
  record.phases.back().phase = Phase::RollingBack;
  record.jobs[0].state = JobState::Failed;
  record.jobs[0].exit_code = 1;
  record.jobs[0].detail = "exit code 1";
  return record;
}

}  // namespace teal::test
