// restartOnChange: a changed secret is a new revision, and what that means for rollouts that failed or went back.
#include "controllers/admission/values.hpp"

#include <gmock/gmock.h>

#include "controllers/rollout/rollback/rollback.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string place = "spec.env.DB__PASSWORD (file /etc/shop/password)";

records::ApplicationRecord watched_record() {
  records::ApplicationRecord record;
  record.application.name = "shop";
  record.application.spec.restart_on_change = true;
  record.application.spec.env_files = {"/etc/shop/.env"};
  record.application.spec.env["DB__PASSWORD"] =
      spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/password", {}};
  record.application.spec.env["DB__HOST"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "127.0.0.1", {}};
  spec::Component api;
  api.name = "api";
  api.env["KEY"] = spec::ValueSource{spec::ValueSource::Kind::Exec, "", {"/bin/key", "hunter2"}};
  record.application.spec.components.push_back(api);
  return record;
}

admission::ValuesSeen seen(std::map<std::string, std::string> fingerprints, std::string problem = {}) {
  return admission::ValuesSeen{std::move(fingerprints), std::move(problem)};
}

// What is on record after it, and what was said.
std::vector<std::string> admit(records::ApplicationRecord& record, const admission::ValuesSeen& values) {
  admission::Register known;
  known.put(std::make_shared<const records::ApplicationRecord>(record));
  const auto admission = admission::admit_values(known, "shop", values, Time{std::chrono::milliseconds{1}});
  if (!admission.changed.empty()) record = admission.changed.front();
  std::vector<std::string> said;
  for (const auto& event : admission.events)
    said.push_back(std::string{to_string(event.reason)} + ": " + event.message);
  return said;
}

TEST(Values, AreThoseThatServingContainersReadFromElsewhere) {
  auto record = watched_record();
  spec::Job job;
  job.name = "default";
  job.credentials["DB__PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/migration", {}};
  record.application.spec.migration.jobs.push_back(job);
  std::vector<std::string> names;
  for (const auto& source : admission::watched_sources(record.application.spec)) names.push_back(source.name);
  EXPECT_THAT(
      names, ElementsAre("spec.envFiles (/etc/shop/.env)", place, "spec.components[api].env.KEY (output of /bin/key)"));
}

TEST(Values, FirstLookIsNoChangeAndTheNextOneThatDiffersIs) {
  auto record = watched_record();
  EXPECT_THAT(admit(record, seen({{place, "k:1"}})), IsEmpty());
  EXPECT_TRUE(record.values.known);
  EXPECT_EQ(record.generation, 1);
  EXPECT_THAT(admit(record, seen({{place, "k:1"}})), IsEmpty());
  EXPECT_THAT(admit(record, seen({{place, "k:2"}})),
              ElementsAre("SecretChanged: " + place + " changed: restartOnChange wants a new revision (generation 2)"));
  EXPECT_EQ(record.generation, 2);
  EXPECT_EQ(record.values.changes, 1);
}

TEST(Values, OneThatDisappearsChangesNothingAndIsSaid) {
  auto record = watched_record();
  admit(record, seen({{place, "k:1"}}));
  EXPECT_THAT(admit(record, seen({}, "spec.env.DB__PASSWORD: /etc/shop/password: No such file")),
              ElementsAre("SecretUnreadable: spec.env.DB__PASSWORD: /etc/shop/password: No such file; what runs keeps "
                          "running, what is started needs it"));
  EXPECT_EQ(record.values.changes, 0);
  EXPECT_THAT(admit(record, seen({{place, "k:1"}})), ElementsAre("SecretReadable: all secrets can be read again"));
  EXPECT_EQ(record.values.changes, 0) << "it is back as it was";
  admit(record, seen({}, "gone"));
  EXPECT_EQ(admit(record, seen({{place, "k:2"}})).size(), 2U);
  EXPECT_EQ(record.values.changes, 1) << "it is back as another one";
}

TEST(Values, NewKeyOrNewSourceIsNoChange) {
  auto record = watched_record();
  admit(record, seen({{place, "k:1"}}));
  EXPECT_THAT(admit(record, seen({{place, "other:2"}})), IsEmpty());
  EXPECT_THAT(admit(record, seen({{place, "other:2"}, {"spec.envFiles (/etc/shop/.env)", "other:9"}})), IsEmpty());
  EXPECT_EQ(record.values.changes, 0);
}

TEST(Values, OfAnApplicationThatDoesNotAskForItAreNotKept) {
  auto record = watched_record();
  admit(record, seen({{place, "k:1"}}));
  admission::Register known;
  known.put(std::make_shared<const records::ApplicationRecord>(record));
  auto wanted = record.application;
  wanted.spec.restart_on_change = false;
  const auto admission = admission::admit_request(known, wanted, "test", Time{});
  ASSERT_TRUE(admission);
  record = admission->changed.front();
  EXPECT_FALSE(record.values.known);
  EXPECT_TRUE(record.values.fingerprints.empty());
  EXPECT_THAT(admit(record, seen({{place, "k:2"}})), IsEmpty());
  EXPECT_FALSE(record.values.known);
}

// --- rollouts

void change_secret(World& world) {
  world.desired.values.changes += 1;
  world.desired.generation += 1;
}

World watching() {
  World world;
  world.edit([](spec::ApplicationSpec& spec) { spec.restart_on_change = true; });
  world.desired.values.known = true;
  world.settle();
  world.watch_traffic();
  return world;
}

TEST(RestartOnChange, WaitsForTheFirstLookBeforeAnythingIsMade) {
  World world;
  world.edit([](spec::ApplicationSpec& spec) { spec.restart_on_change = true; });
  world.settle(std::chrono::minutes{1});
  EXPECT_EQ(world.phase(), spec::Phase::Preparing);
  EXPECT_EQ(world.why.reason, spec::Reason::ReadingSecrets);
  EXPECT_TRUE(world.containers().empty());
  world.desired.values.known = true;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(RestartOnChange, MakesANewRevisionOfTheSameSpecWithoutMigratingAgainOrLosingTraffic) {
  auto world = watching();
  const auto before = world.record->course.target.number;
  const auto migrations = world.job_starts["default"];
  change_secret(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->number, before + 1);
  EXPECT_EQ(world.record->course.active->values_changes, 1);
  EXPECT_EQ(world.job_starts["default"], migrations);
  EXPECT_EQ(world.fewest_up, 2);
  world.settle();
  EXPECT_EQ(world.record->course.target.number, before + 1) << "once";
}

TEST(RestartOnChange, ChangeInTheMiddleOfARolloutSupersedesIt) {
  auto world = watching();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  change_secret(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->values_changes, 1);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_EQ(world.history.back().standing.phase, spec::Phase::Superseded);
}

TEST(RestartOnChange, SecretThatMakesItSickLeavesWhatRunsAndTheMendedOneIsTried) {
  auto world = watching();
  const auto before = world.running("api");
  world.failing_actions = {{"run teal-shop-api-r2", 100}};
  world.failing_code = ErrorCode::denied;
  change_secret(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.running("api"), before);
  const auto tried = world.record->course.target.number;
  world.settle();
  EXPECT_EQ(world.record->course.target.number, tried) << "not tried again by itself";
  world.failing_actions.clear();
  change_secret(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->values_changes, 2);
}

// A probe through the load balancer wakes a rollout that goes back; here the next call does.
void settle(World& world) {
  for (int i = 0; i < 3; ++i) world.settle();
}

TEST(RestartOnChange, MakesWhatServesAnewWhenAnotherVersionWasRolledBack) {
  auto world = watching();
  const auto serving = world.record->course.active->application.spec.version;
  world.trouble.sick.insert("2");
  world.want("2");
  settle(world);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  change_secret(world);
  settle(world);
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.reason << ": " << world.why.message;
  EXPECT_EQ(world.record->course.active->application.spec.version, serving);
  EXPECT_EQ(world.record->course.active->values_changes, 1);
  ASSERT_TRUE(world.record->course.back.has_value());
  EXPECT_EQ(world.record->course.back->shelved.spec.version, "2") << "still not tried by itself";
  change_secret(world);
  settle(world);
  EXPECT_EQ(world.record->course.active->application.spec.version, serving);
  EXPECT_EQ(world.record->course.active->values_changes, 2);
}

}  // namespace
}  // namespace teal::test
