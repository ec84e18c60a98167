// Records with a value in every field.
#pragma once

#include "controllers/records/record.hpp"

namespace teal::test {

using namespace std::chrono_literals;

inline spec::Application application(const std::string& version) {
  spec::Application app;
  app.name = "shop";
  app.labels = {{"team", "learning"}};
  app.spec.version = version;
  app.spec.image = "registry.example/shop";
  spec::Component api;
  api.name = "api";
  api.port = 8000;
  api.env["DB__PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/password", {}};
  app.spec.components.push_back(api);
  return app;
}

inline records::ApplicationRecord application_record() {
  records::ApplicationRecord record;
  record.application = application("1.0.0");
  record.uid = "0b1c";
  record.generation = 1234567890123;
  record.file = "/etc/teal/manifests/shop.yaml";
  record.orphaned = true;
  record.problem = "line 3: \"quoted\"\nand more";
  record.spec_by = "ci (token, 10.1.2.3:40122)";
  record.deleting = true;
  record.created_at = Time{1700000000123ms};
  record.values.fingerprints = {{"spec.env.DB__PASSWORD (file /etc/shop/password)", "0a1b:22"}};
  record.values.changes = 3;
  record.values.known = true;
  record.values.problem = "it is gone";
  return record;
}

inline records::JobRecord job_record() {
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Unknown;
  job.attempts = 2;
  job.exit_code = 137;
  job.detail = "its container is gone";
  job.started_at = Time{1700000000001ms};
  job.finished_at = Time{1700000000002ms};
  job.timed_out_at = Time{1700000000003ms};
  job.repeats = records::JobState::Unknown;
  job.database.locked = true;
  job.database.holder = "process 7 (user dba)";
  job.database.ledger_row = 12;
  job.database.outcome = "Unknown";
  job.database.fingerprint_before = "a1";
  job.database.fingerprint_after = "b2";
  job.database.verdict = records::JobState::Failed;
  job.database.ended_at = Time{1700000000004ms};
  job.database.checked_at = Time{1700000000005ms};
  job.database.findings = {{"DatabaseReachable", spec::Reason::named("ConnectionRefused"), "no", true, false},
                           {"NoBlockingSessions", spec::Reason::LongTransaction, "process 8", false, true}};
  return job;
}

inline objects::ContainerEvidence container_evidence() {
  objects::ContainerEvidence evidence;
  evidence.container = "teal-shop-default-r8-1";
  evidence.unit = "default";
  evidence.job = true;
  evidence.revision = 8;
  evidence.state = "Exited";
  evidence.exit_code = 137;
  evidence.exit_witnessed = true;
  evidence.out_of_memory = true;
  evidence.engine_error = "no such file";
  evidence.security = "as user 1000, no new privileges";
  evidence.answer = "503: database unreachable";
  evidence.body = "{\"error\": \"database unreachable\"}\nline 2";
  evidence.failures = 3;
  evidence.started_at = Time{1700000000012ms};
  evidence.finished_at = Time{1700000000013ms};
  evidence.log = "line 1\nline 2";
  return evidence;
}

inline objects::Evidence evidence() {
  objects::Evidence evidence;
  evidence.at = Time{1700000000014ms};
  evidence.reason = spec::Reason::HealthCheckFailed;
  objects::ContainerEvidence plain;
  plain.container = "teal-shop-api-r8-0";
  plain.unit = "api";
  evidence.containers = {container_evidence(), plain};
  evidence.servers = {{"edge", "shop_api", "teal-shop-api-r8-0", "Down", "L7STS 503", 2, 11, true}};
  evidence.load_balancer_problems = {"edge/shop_admin: connect: refused"};
  evidence.traffic = "503";
  return evidence;
}

inline records::RolloutRecord rollout_record() {
  records::RolloutRecord record;
  record.application = "shop";
  record.generation = 7;
  record.course.target.number = 8;
  record.course.target.application = application("2.0.0");
  record.course.target.image_id = "sha256:aa";
  record.course.target.image_digest = "sha256:bb";
  record.course.target.image_named_by_digest = true;
  record.course.target.values_changes = 2;
  record.course.active = record.course.target;
  record.course.active->number = 7;
  record.course.from_version = "1.0.0";
  record.course.requested_by = "ann";
  record.course.strategy = spec::Strategy::Recreate;
  record.standing.phase = spec::Phase::RollingBack;
  record.outcome.settles_as = spec::Phase::Superseded;
  record.outcome.reason = spec::Reason::named("Waiting");
  record.outcome.message = "waiting for api replica 1";
  record.outcome.failure_reason = spec::Reason::named("Unhealthy");
  record.outcome.failure = "503: database unreachable";
  record.started_at = Time{1700000000004ms};
  record.outcome.finished_at = Time{1700000000005ms};
  records::PhaseSpan span;
  span.phase = spec::Phase::Starting;
  span.started_at = Time{1700000000006ms};
  span.finished_at = Time{1700000000007ms};
  record.standing.phases = {span, records::PhaseSpan{}};
  record.jobs = {job_record(), records::JobRecord{}};
  record.hooks = {job_record()};
  record.course.final_version = "2025.3.0";
  record.course.same_image = "nothing new will run";
  record.traffic.probes = 18446744073709551615u;
  record.traffic.failed = 3;
  record.traffic.latency.add(1500us);
  record.traffic.latency.add(60s);
  record.traffic.errors = {{"api", 7}};
  record.traffic.seen_errors = {{"edge/shop/teal-shop-api-r7-0", 9}};
  record.traffic.seen_requests = {{"edge/shop/teal-shop-api-r7-0", 4711}};
  record.traffic.reached = {{"edge/shop", 12}};
  record.orders.approved = true;
  record.orders.paused = true;
  record.orders.retry = true;
  record.standing.awaiting = spec::Phase::Withdrawing;
  record.standing.progress = 3;
  record.analysis = {
      {"errors", 0.25, "max 0.01", objects::AnalysisState::Failing, 2, "0.25", Time{1700000000009ms}},
      {"latency", std::nullopt, "max 1", objects::AnalysisState::NoData, 0, "not asked yet", std::nullopt},
  };
  record.outcome.evidence = evidence();
  record.outcome.removed_servers = evidence().servers;
  record.course.back = records::RollbackOrigin{5, "ann", "the schema stays", application("2.0.0")};
  record.orders.rollback = records::RollbackOrder{record.course.target, "bob", "the schema stays"};
  record.orders.maintenance = true;
  record.pull = objects::PullProgress{1, 2, 3, 4};
  record.pulled = true;
  record.standing.verified_probes = 17;
  record.standing.patience.since = Time{1700000000008ms};
  record.standing.bake_from = Time{1700000000012ms};
  record.standing.blame = {records::Blame::Whose::Shared, Time{1700000000013ms}};
  record.leaving.draining = {{"teal-shop-api-r7-0", Time{1700000000009ms}}};
  record.silences = {{"edge", records::SilenceRecord{Time{1700000000011ms}, true}}};
  record.failing_open = {{"edge/shop_api", records::SilenceRecord{Time{1700000000011ms}, true}}};
  record.leaving.stopping = {
      {"c0ffee", records::StopRecord{Time{1700000000010ms}, true, 2, "ann", Time{1700000000011ms}}}};
  record.made = {{"teal-shop-api-r7-0", "abcd"}};
  record.course.newer_ledger_accepted = true;
  record.admitted = {{"teal-shop-api-r7-0", "abcd"}};
  record.aside = {{"abcd", {Time{1700000000009ms}, true}}};
  record.predecessors = records::Predecessors::Out;
  record.restarts = {{"teal-shop-api-r7-1", records::RestartRecord{4, Time{1700000000011ms}, "c0ffee", 2}}};
  record.version = 42;
  return record;
}

}  // namespace teal::test
