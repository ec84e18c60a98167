// What the API shows, read back: by the command line of this release, and of another.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <sstream>

#include "manifests/api/application.hpp"
#include "manifests/api/audit.hpp"
#include "manifests/api/confirmation.hpp"
#include "manifests/api/database.hpp"
#include "manifests/api/event.hpp"
#include "manifests/api/plan.hpp"
#include "manifests/api/rollout.hpp"
#include "manifests/api/schemas.hpp"
#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;

// An answer of this teald's, which the API's tests hold to the letter.
json::value answer(const std::string& name) {
  const std::ifstream file{std::string{TEAL_SOURCE_DIR} + "/tests/unit/api/golden/" + name + ".json"};
  std::ostringstream text;
  text << file.rdbuf();
  return json::parse(text.str());
}

template <class T>
json::value read_and_written(const json::value& value) {
  return wire::encode(wire::taken<T>(value));
}

TEST(ApiObjects, EveryFieldOfAnAnswerIsReadBack) {
  for (const auto* name : {"rollout", "rollout_begun"})
    EXPECT_EQ(read_and_written<objects::RolloutObject>(answer(name)), answer(name)) << name;
  for (const auto* name : {"plan", "plan_blocked", "plan_of_nothing"})
    EXPECT_EQ(read_and_written<objects::Plan>(answer(name)), answer(name)) << name;
  for (const auto* name : {"accepted", "not_found", "invalid"})
    EXPECT_EQ(read_and_written<objects::StatusObject>(answer(name)), answer(name)) << name;
  const auto application = answer("application");
  EXPECT_EQ(read_and_written<objects::ApplicationObject>(application).at("metadata"), application.at("metadata"));
  EXPECT_EQ(read_and_written<objects::ApplicationObject>(application).at("status"), application.at("status"));
  EXPECT_EQ(read_and_written<objects::ApplicationObject>(application).at("spec").at("version"),
            application.at("spec").at("version"));
  EXPECT_EQ(read_and_written<objects::PreflightObject>(answer("preflight")), answer("preflight"));
  const auto events = answer("events");
  for (const auto& event : events.at("items").as_array())
    EXPECT_EQ(read_and_written<objects::EventObject>(event), event);
  const auto audit = answer("audit");
  for (const auto& entry : audit.at("items").as_array())
    EXPECT_EQ(read_and_written<objects::AuditObject>(entry), entry);
}

TEST(ApiObjects, OfALaterReleaseAreReadAsFarAsTheyAreKnown) {
  auto later = answer("rollout");
  later.as_object()["later"] = json::object{{"a", 1}};
  later.at_pointer("/status").as_object()["later"] = "x";
  later.at_pointer("/status/migration/0").as_object()["later"] = json::array{1};
  later.at_pointer("/status/phase") = "Rehearsing";
  later.at_pointer("/status/phases/1/phase") = "Rehearsing";
  const auto rollout = wire::taken<objects::RolloutObject>(later);
  EXPECT_EQ(rollout.status.phase, "Rehearsing");
  EXPECT_EQ(rollout.status.phases.at(1).phase, "Rehearsing");
  EXPECT_EQ(rollout.status.migration.size(), 2u);
  EXPECT_EQ(rollout.status.to_version, "1.0.8");
}

TEST(ApiObjects, OfAnEarlierReleaseAreReadWithoutWhatTheyLack) {
  const auto rollout = wire::taken<objects::RolloutObject>(
      json::parse(R"({"metadata": {"name": "shop-7"}, "status": {"phase": "Complete", "walksTo": "1.2.0"}})"));
  EXPECT_EQ(rollout.metadata.name, "shop-7");
  EXPECT_EQ(rollout.status.final_version, "1.2.0");
  EXPECT_FALSE(rollout.status.started_at);
  EXPECT_EQ(wire::taken<objects::RolloutObject>(json::object{}), objects::RolloutObject{});
}

TEST(ApiObjects, WhatIsOfAnotherKindIsAsIfItWereNotThere) {
  auto odd = answer("rollout");
  odd.at_pointer("/status/startedAt") = "yesterday";
  odd.at_pointer("/status/finishedAt") = json::array{1};
  odd.at_pointer("/status/migration/0/exitCode") = "none";
  odd.at_pointer("/status/migration/0/attempts") = "two";
  odd.at_pointer("/status/traffic") = "none";
  odd.at_pointer("/status/evidence/containers/0/state") = 1;
  odd.at_pointer("/status/hooks") = nullptr;
  const auto status = wire::taken<objects::RolloutObject>(odd).status;
  EXPECT_FALSE(status.started_at);
  EXPECT_FALSE(status.finished_at);
  EXPECT_FALSE(status.migration.at(0).exit_code);
  EXPECT_EQ(status.migration.at(0).attempts, 0);
  EXPECT_EQ(status.traffic, objects::TrafficStatus{});
  ASSERT_TRUE(status.evidence) << "one field of it is not the whole";
  EXPECT_EQ(status.evidence->containers.at(0).exit_code, 137);
  EXPECT_TRUE(status.hooks.empty());
  EXPECT_EQ(status.message, "1.0.0 serves");
  for (const auto* text : {"null", "[]", "1", "\"x\""})
    EXPECT_EQ(wire::taken<objects::RolloutObject>(json::parse(text)), objects::RolloutObject{}) << text;
}

TEST(ApiSchemas, SayTheWordsOfPhasesAndWhatFieldsOfASpecMean) {
  const auto schemas = objects::api_schemas();
  const auto& status = schemas.at("RolloutStatus").at("properties").as_object();
  EXPECT_EQ(status.at("phase").at("enum").as_array().size(), words_of<spec::Phase>().size());
  EXPECT_EQ(status.at("startedAt").at("format"), "date-time");
  EXPECT_TRUE(status.contains("followedBy"));
  EXPECT_TRUE(schemas.at("RolloutJob").at("properties").as_object().contains("required"));
  EXPECT_EQ(schemas.at("spec").at("properties").at("version").at("description"),
            "the one line that a version bump edits");
  const auto text = json::serialize(schemas);
  EXPECT_EQ(text.find("$defs"), text.npos);
  for (const auto* word : {"\"const\":", "\"if\":", "\"propertyNames\":"})
    EXPECT_EQ(text.find(word), text.npos) << word;
}

}  // namespace
}  // namespace teal::test
