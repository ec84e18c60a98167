#include "controllers/records/record_json.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <boost/pfr/core.hpp>

namespace teal {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

Application application(const std::string& version) {
  Application app;
  app.name = "shop";
  app.labels = {{"team", "learning"}};
  app.spec.version = version;
  app.spec.image = "registry.example/shop";
  Component api;
  api.name = "api";
  api.port = 8000;
  api.env["DB__PASSWORD"] = ValueSource{ValueSource::Kind::File, "/etc/shop/password", {}};
  app.spec.components.push_back(api);
  return app;
}

ApplicationRecord application_record() {
  ApplicationRecord record;
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

JobRecord job_record() {
  JobRecord job;
  job.job = "default";
  job.state = JobState::Unknown;
  job.attempts = 2;
  job.exit_code = 137;
  job.detail = "its container is gone";
  job.started_at = Time{1700000000001ms};
  job.finished_at = Time{1700000000002ms};
  job.timed_out_at = Time{1700000000003ms};
  job.repeats = JobState::Unknown;
  job.database.locked = true;
  job.database.holder = "process 7 (user dba)";
  job.database.ledger_row = 12;
  job.database.outcome = "Unknown";
  job.database.fingerprint_before = "a1";
  job.database.fingerprint_after = "b2";
  job.database.verdict = JobState::Failed;
  job.database.ended_at = Time{1700000000004ms};
  job.database.checked_at = Time{1700000000005ms};
  job.database.findings = {{"DatabaseReachable", "ConnectionRefused", "no", true, false},
                           {"NoBlockingSessions", "LongTransaction", "process 8", false, true}};
  return job;
}

ContainerEvidence container_evidence() {
  ContainerEvidence evidence;
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
  return evidence;
}

Evidence evidence() {
  Evidence evidence;
  evidence.at = Time{1700000000014ms};
  evidence.reason = "HealthCheckFailed";
  ContainerEvidence plain;
  plain.container = "teal-shop-api-r8-0";
  plain.unit = "api";
  evidence.containers = {container_evidence(), plain};
  evidence.servers = {{"edge", "shop_api", "teal-shop-api-r8-0", "Down", "L7STS 503", 2, 11, true}};
  evidence.load_balancer_problems = {"edge/shop_admin: connect: refused"};
  evidence.traffic = "503";
  return evidence;
}

RolloutRecord rollout_record() {
  RolloutRecord record;
  record.application = "shop";
  record.generation = 7;
  record.target.number = 8;
  record.target.application = application("2.0.0");
  record.target.image_id = "sha256:aa";
  record.target.image_digest = "sha256:bb";
  record.target.values_changes = 2;
  record.active = record.target;
  record.active->number = 7;
  record.from_version = "1.0.0";
  record.requested_by = "ann";
  record.strategy = Strategy::Recreate;
  record.phase = Phase::RollingBack;
  record.settles_as = Phase::Superseded;
  record.reason = "Waiting";
  record.message = "waiting for api replica 1";
  record.failure_reason = "Unhealthy";
  record.failure = "503: database unreachable";
  record.started_at = Time{1700000000004ms};
  record.finished_at = Time{1700000000005ms};
  PhaseSpan span;
  span.phase = Phase::Starting;
  span.started_at = Time{1700000000006ms};
  span.finished_at = Time{1700000000007ms};
  record.phases = {span, PhaseSpan{}};
  record.jobs = {job_record(), JobRecord{}};
  record.hooks = {job_record()};
  record.cut_over = true;
  record.walks_to = "2025.3.0";
  record.traffic.probes = 18446744073709551615u;
  record.traffic.failed = 3;
  record.traffic.latency.add(1500us);
  record.traffic.latency.add(60s);
  record.traffic.errors = {{"api", 7}};
  record.traffic.seen_errors = {{"edge/shop/teal-shop-api-r7-0", 9}};
  record.approved = true;
  record.paused = true;
  record.retry = true;
  record.awaiting = Phase::Withdrawing;
  record.progress = 3;
  record.analysis = {
      {"errors", 0.25, "max 0.01", AnalysisState::Failing, 2, "0.25", Time{1700000000009ms}},
      {"latency", std::nullopt, "max 1", AnalysisState::NoData, 0, "not asked yet", std::nullopt},
  };
  record.evidence = evidence();
  record.removed_servers = evidence().servers;
  record.rollback = RollbackOrigin{5, "ann", "the schema stays", application("2.0.0")};
  record.ordered = RollbackOrder{record.target, "bob", "the schema stays"};
  record.pull = PullProgress{1, 2, 3, 4};
  record.pulled = true;
  record.verified_probes = 17;
  record.progressed_at = Time{1700000000008ms};
  record.interrupted_at = Time{1700000000012ms};
  record.suspected_at = Time{1700000000014ms};
  record.excused_at = Time{1700000000013ms};
  record.draining = {{"teal-shop-api-r7-0", Time{1700000000009ms}}};
  record.stopping = {{"c0ffee", StopRecord{Time{1700000000010ms}, true, 2}}};
  record.restarts = {{"teal-shop-api-r7-1", RestartRecord{4, Time{1700000000011ms}, "c0ffee", 2}}};
  record.version = 42;
  return record;
}

// A field that the sample leaves at its default would go through the round trip unnoticed.
template <class T>
void expect_every_field_set(const T& sample, const char* type) {
  const T plain{};
  boost::pfr::for_each_field(sample, [&](const auto& field, auto index) {
    EXPECT_FALSE(field == boost::pfr::get<decltype(index)::value>(plain))
        << type << ": field " << index << " has no value in this test's sample: is it new, and in record_json.cpp?";
  });
}

TEST(RecordJson, TheSamplesSetEveryField) {
  expect_every_field_set(application_record(), "ApplicationRecord");
  expect_every_field_set(rollout_record(), "RolloutRecord");
  expect_every_field_set(job_record(), "JobRecord");
  expect_every_field_set(rollout_record().target, "Revision");
  expect_every_field_set(rollout_record().phases.front(), "PhaseSpan");
  expect_every_field_set(rollout_record().traffic, "TrafficCount");
  expect_every_field_set(rollout_record().traffic.latency, "LatencyCounts");
  expect_every_field_set(rollout_record().stopping.begin()->second, "StopRecord");
  expect_every_field_set(*rollout_record().rollback, "RollbackOrigin");
  expect_every_field_set(*rollout_record().ordered, "RollbackOrder");
  expect_every_field_set(evidence(), "Evidence");
  expect_every_field_set(container_evidence(), "ContainerEvidence");
  expect_every_field_set(evidence().servers.front(), "ServerEvidence");
  expect_every_field_set(rollout_record().restarts.begin()->second, "RestartRecord");
}

TEST(RecordJson, ApplicationRecordsComeBackWhole) {
  const auto back = application_record_from_json(json::serialize(to_json(application_record())));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, application_record());
}

TEST(RecordJson, RolloutRecordsComeBackWhole) {
  const auto back = rollout_record_from_json(json::serialize(to_json(rollout_record())));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, rollout_record());
}

TEST(RecordJson, UnsetFieldsStayUnset) {
  auto record = rollout_record();
  record.active.reset();
  record.finished_at.reset();
  record.progressed_at.reset();
  record.jobs.front().exit_code.reset();
  record.jobs.front().timed_out_at.reset();
  record.draining.clear();
  const auto back = rollout_record_from_json(json::serialize(to_json(record)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, record);
}

TEST(RecordJson, RecordsFromBeforeLatencyWasCountedAreStillRead) {
  auto document = to_json(rollout_record());
  document["traffic"] = {{"probes", 5}, {"failed", 1}};
  const auto back = rollout_record_from_json(json::serialize(document));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->traffic.probes, 5u);
  EXPECT_TRUE(back->traffic.latency.empty());
}

TEST(RecordJson, TimesAreReadableByPeople) {
  EXPECT_EQ(to_json(application_record()).at("createdAt").as_string(), "2023-11-14T22:13:20.123Z");
}

TEST(RecordJson, EveryPhaseAndJobStateHasItsWord) {
  for (int i = 0; i <= static_cast<int>(Phase::Superseded); ++i) {
    auto record = rollout_record();
    record.phase = static_cast<Phase>(i);
    const auto back = rollout_record_from_json(json::serialize(to_json(record)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->phase, record.phase);
  }
  for (int i = 0; i <= static_cast<int>(JobState::Unknown); ++i) {
    auto record = rollout_record();
    record.jobs.front().state = static_cast<JobState>(i);
    const auto back = rollout_record_from_json(json::serialize(to_json(record)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->jobs.front().state, record.jobs.front().state);
  }
}

void expect_refused(const std::string& text, const std::string& word) {
  const auto rollout = rollout_record_from_json(text);
  ASSERT_FALSE(rollout) << text.substr(0, 80);
  EXPECT_EQ(rollout.error().code, ErrorCode::invalid);
  EXPECT_NE(rollout.error().message.find(word), std::string::npos) << rollout.error().message;
  EXPECT_FALSE(application_record_from_json(text)) << text.substr(0, 80);
}

TEST(RecordJson, RefusesWhatIsNoRecord) {
  expect_refused("", "not JSON");
  expect_refused("{", "not JSON");
  expect_refused("{}{}", "not JSON");
  expect_refused(std::string("\0\0\0", 3), "not JSON");
  expect_refused("\"\xff\"", "not JSON");
  expect_refused("[]", "no object");
  expect_refused("null", "no object");
  expect_refused("{}", "missing");
  expect_refused(std::string(100000, '['), "not JSON");
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{\"a\":";
  expect_refused(deep, "not JSON");
}

TEST(RecordJson, ErrorsNameTheField) {
  const auto broken = [](std::string_view key, json::value value) {
    auto document = to_json(rollout_record());
    document[json::string_view(key.data(), key.size())] = std::move(value);
    const auto back = rollout_record_from_json(json::serialize(document));
    return back ? std::string("accepted") : back.error().message;
  };
  EXPECT_EQ(broken("phase", "Flying"), "rollout record: phase is none of the known words");
  EXPECT_EQ(broken("generation", "7"), "rollout record: generation is no number in range");
  EXPECT_EQ(broken("version", -1), "rollout record: version is no number in range");
  EXPECT_EQ(broken("paused", 1), "rollout record: paused is neither true nor false");
  EXPECT_EQ(broken("jobs", json::object{}), "rollout record: jobs is no list");
  EXPECT_EQ(broken("jobs", json::array{1}), "rollout record: jobs[0]: is no object");
  EXPECT_NE(broken("startedAt", "yesterday").find("startedAt"), std::string::npos);
  EXPECT_NE(broken("draining", json::object{{"x", 5}}).find("draining: x is no text"), std::string::npos);
}

TEST(RecordJson, RefusesASpecThatTheParserRefuses) {
  auto document = to_json(application_record());
  document["application"].as_object()["spec"].as_object()["componentz"] = 1;
  const auto back = application_record_from_json(json::serialize(document));
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().message.find("componentz"), std::string::npos) << back.error().message;
}

}  // namespace
}  // namespace teal
