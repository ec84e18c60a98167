// Records that another release has written, or that are damaged.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "controllers/records/record_json.hpp"
#include "tests/unit/controllers/record_samples.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;
using test::application_record;
using test::rollout_record;

TEST(RecordOfAnotherRelease, FieldsOfALaterReleaseArePassedOver) {
  auto document = to_json(rollout_record());
  document["later"] = 1;
  document["target"].as_object()["application"].as_object()["spec"].as_object()["later"] = json::array{};
  const auto back = records::rollout_record_from_json(json::serialize(document));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, rollout_record());
}

TEST(RecordOfAnotherRelease, WhatAnEarlierReleaseDidNotWriteHasItsDefault) {
  auto document = to_json(rollout_record());
  for (const auto* key : {"settlesAs", "traffic", "draining", "stopping", "restarts", "paused", "message", "format"}) {
    document.erase(key);
  }
  const auto back = records::rollout_record_from_json(json::serialize(document));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->outcome.settles_as, spec::Phase::RolledBack);
  EXPECT_EQ(back->traffic, records::TrafficCount{});
  EXPECT_TRUE(back->leaving.draining.empty());
}

TEST(RecordOfAnotherRelease, SpecsAreReadWhateverTodaysRulesSay) {
  auto record = application_record();
  record.application.spec.components.front().replicas = 1'000'000;
  record.application.spec.rollout.windows.push_back({{}, 60, 120, "Mars/Base"});
  const auto back = records::application_record_from_json(json::serialize(to_json(record)));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, record);
}

TEST(RecordOfAnotherRelease, AFormatThatIsNotKnownIsNotGuessedAt) {
  auto document = to_json(application_record());
  EXPECT_EQ(document.at("format"), 1);
  document["format"] = 2;
  const auto back = records::application_record_from_json(json::serialize(document));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::invalid);
  EXPECT_NE(back.error().message.find("another format"), std::string::npos) << back.error().message;
}

TEST(RecordOfAnotherRelease, WhatCanBeReadOfABrokenRecordIsKnown) {
  auto document = to_json(application_record());
  document["application"].as_object()["spec"] = "lost";
  const auto application = records::salvaged_application("shop", json::serialize(document));
  EXPECT_EQ(application.application.name, "shop");
  EXPECT_EQ(application.file, "/etc/teal/manifests/shop.yaml");
  EXPECT_EQ(application.generation, 1234567890123);
  EXPECT_EQ(records::salvaged_application("shop", "{").application.name, "shop");

  auto broken = to_json(rollout_record());
  broken["active"].as_object()["application"] = nullptr;
  const auto rollout = records::salvaged_rollout(json::serialize(broken));
  EXPECT_EQ(rollout.target, rollout_record().course.target);
  EXPECT_FALSE(rollout.active);
  EXPECT_EQ(rollout.phase, rollout_record().standing.phase);
  EXPECT_EQ(rollout.jobs, rollout_record().jobs);
}

}  // namespace
}  // namespace teal::test
