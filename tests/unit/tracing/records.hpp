// Rollouts on record, for tests of their traces.
#pragma once

#include "controllers/records/record.hpp"
#include "tests/support/trace_receiver.hpp"

namespace teal::test {

inline Time at_second(int second) { return Time{Duration{1700000000000 + second * 1000}}; }

inline records::PhaseSpan phase_span(spec::Phase phase, int from, int to) {
  records::PhaseSpan span;
  span.phase = phase;
  span.started_at = at_second(from);
  span.finished_at = at_second(to);
  return span;
}

inline records::RolloutRecord complete_rollout() {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 7;
  record.course.target.application.name = "shop";
  record.course.target.application.spec.version = "2.0";
  record.course.target.image_digest = "sha256:1";
  record.course.from_version = "1.0";
  record.course.strategy = spec::Strategy::BlueGreen;
  record.standing.phase = spec::Phase::Complete;
  record.started_at = at_second(0);
  record.outcome.finished_at = at_second(9);
  record.standing.phases = {phase_span(spec::Phase::Pending, 0, 1), phase_span(spec::Phase::Preparing, 1, 2),
                            phase_span(spec::Phase::Migrating, 2, 6), phase_span(spec::Phase::Verifying, 6, 9)};
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Succeeded;
  job.attempts = 1;
  job.exit_code = 0;
  job.started_at = at_second(3);
  job.finished_at = at_second(5);
  record.jobs = {job};
  record.traffic.probes = 40;
  record.traffic.failed = 1;
  return record;
}

inline records::RolloutRecord failed_rollout() {
  auto record = complete_rollout();
  record.standing.phase = spec::Phase::RolledBack;
  record.outcome.failure_reason = spec::Reason::MigrationFailed;
  record.outcome.failure = "exit code 1: no such column";
  record.standing.phases.back().phase = spec::Phase::RollingBack;
  record.jobs[0].state = records::JobState::Failed;
  record.jobs[0].exit_code = 1;
  record.jobs[0].detail = "exit code 1";
  return record;
}

}  // namespace teal::test
