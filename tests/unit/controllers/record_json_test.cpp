#include "controllers/records/record_json.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <boost/pfr/core.hpp>

#include "tests/unit/controllers/record_samples.hpp"

namespace teal::test {
namespace {

using test::application_record;
using test::container_evidence;
using test::evidence;
using test::job_record;
using test::rollout_record;
namespace json = boost::json;

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
  expect_every_field_set(rollout_record().course.target, "Revision");
  expect_every_field_set(rollout_record().standing.phases.front(), "PhaseSpan");
  expect_every_field_set(rollout_record().traffic, "TrafficCount");
  expect_every_field_set(rollout_record().traffic.latency, "LatencyCounts");
  expect_every_field_set(rollout_record().leaving.stopping.begin()->second, "StopRecord");
  expect_every_field_set(rollout_record().silences.begin()->second, "SilenceRecord");
  expect_every_field_set(*rollout_record().course.back, "RollbackOrigin");
  expect_every_field_set(*rollout_record().orders.rollback, "RollbackOrder");
  expect_every_field_set(evidence(), "Evidence");
  expect_every_field_set(container_evidence(), "ContainerEvidence");
  expect_every_field_set(evidence().servers.front(), "ServerEvidence");
  expect_every_field_set(rollout_record().restarts.begin()->second, "RestartRecord");
}

TEST(RecordJson, ApplicationRecordsComeBackWhole) {
  const auto back = records::application_record_from_json(json::serialize(to_json(application_record())));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, application_record());
}

TEST(RecordJson, RolloutRecordsComeBackWhole) {
  const auto back = records::rollout_record_from_json(json::serialize(to_json(rollout_record())));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, rollout_record());
}

TEST(RecordJson, UnsetFieldsStayUnset) {
  auto record = rollout_record();
  record.course.active.reset();
  record.outcome.finished_at.reset();
  record.standing.patience.since.reset();
  record.jobs.front().exit_code.reset();
  record.jobs.front().timed_out_at.reset();
  record.leaving.draining.clear();
  const auto back = records::rollout_record_from_json(json::serialize(to_json(record)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, record);
}

TEST(RecordJson, RecordsFromBeforeLatencyWasCountedAreStillRead) {
  auto document = to_json(rollout_record());
  document["traffic"] = {{"probes", 5}, {"failed", 1}};
  const auto back = records::rollout_record_from_json(json::serialize(document));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->traffic.probes, 5u);
  EXPECT_TRUE(back->traffic.latency.empty());
}

TEST(RecordJson, TimesAreReadableByPeople) {
  EXPECT_EQ(to_json(application_record()).at("createdAt").as_string(), "2023-11-14T22:13:20.123Z");
}

TEST(RecordJson, EveryPhaseAndJobStateHasItsWord) {
  for (int i = 0; i <= static_cast<int>(spec::Phase::Superseded); ++i) {
    auto record = rollout_record();
    record.standing.phase = static_cast<spec::Phase>(i);
    const auto back = records::rollout_record_from_json(json::serialize(to_json(record)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->standing.phase, record.standing.phase);
  }
  for (int i = 0; i <= static_cast<int>(records::JobState::Unknown); ++i) {
    auto record = rollout_record();
    record.jobs.front().state = static_cast<records::JobState>(i);
    const auto back = records::rollout_record_from_json(json::serialize(to_json(record)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->jobs.front().state, record.jobs.front().state);
  }
}

void expect_refused(const std::string& text, const std::string& word) {
  const auto rollout = records::rollout_record_from_json(text);
  ASSERT_FALSE(rollout) << text.substr(0, 80);
  EXPECT_EQ(rollout.error().code, ErrorCode::invalid);
  EXPECT_NE(rollout.error().message.find(word), std::string::npos) << rollout.error().message;
  EXPECT_FALSE(records::application_record_from_json(text)) << text.substr(0, 80);
}

TEST(RecordJson, RefusesWhatIsNoRecord) {
  expect_refused("", "not JSON");
  expect_refused("{", "not JSON");
  expect_refused("{}{}", "not JSON");
  expect_refused(std::string("\0\0\0", 3), "not JSON");
  expect_refused("\"\xff\"", "not JSON");
  expect_refused("[]", "no object");
  expect_refused("null", "no object");
  expect_refused("{}", "has no");
  expect_refused(std::string(100000, '['), "not JSON");
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{\"a\":";
  expect_refused(deep, "not JSON");
}

TEST(RecordJson, ErrorsNameTheField) {
  const auto broken = [](std::string_view key, json::value value) {
    auto document = to_json(rollout_record());
    document[json::string_view(key.data(), key.size())] = std::move(value);
    const auto back = records::rollout_record_from_json(json::serialize(document));
    return back ? std::string("accepted") : back.error().message;
  };
  EXPECT_EQ(broken("phase", "Flying"), "rollout record: phase is none of the words that this teald knows");
  EXPECT_EQ(broken("generation", "7"), "rollout record: generation is no whole number in range");
  EXPECT_EQ(broken("version", -1), "rollout record: version is no whole number in range");
  EXPECT_EQ(broken("paused", 1), "rollout record: paused is neither true nor false");
  EXPECT_EQ(broken("jobs", json::object{}), "rollout record: jobs is no list");
  EXPECT_EQ(broken("jobs", json::array{1}), "rollout record: jobs[0] is no object");
  EXPECT_NE(broken("startedAt", "yesterday").find("startedAt"), std::string::npos);
  EXPECT_EQ(broken("draining", json::object{{"x", 5}}), "rollout record: draining.x is no text");
}

}  // namespace
}  // namespace teal::test
