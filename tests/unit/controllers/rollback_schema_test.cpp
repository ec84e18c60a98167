// What a rollback means for a schema that stays as it is.
#include <gmock/gmock.h>

#include "controllers/rollout/outcome_text.hpp"
#include "controllers/status/make_status.hpp"
#include "tests/unit/controllers/asked_rollback.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RollbackSchema, SaysThatTheSchemaStays) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_THAT(world.record->course.back->note,
              HasSubstr("the schema stays as revision 2 (2) left it: migrations are never undone"));
  EXPECT_TRUE(world.has_event("SchemaStays"));
}

TEST(RollbackSchema, AutomaticOneSaysThatTheSchemaStays) {
  auto world = installed();
  world.trouble.sick.insert("2");
  upgrade(world, "2");
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_TRUE(world.has_event("SchemaStays"));
}

TEST(RollbackSchema, AutomaticOneOfAnImageThatMigratedInAnEarlierRolloutSaysSoToo) {
  auto world = installed();
  world.trouble.sick.insert("2");
  upgrade(world, "2");
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  world.events.clear();
  verb(world, records::Verb::Retry);
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  ASSERT_EQ(world.record->course.target.number, 3);
  ASSERT_EQ(world.record->jobs.front().state, records::JobState::NotNeeded);
  EXPECT_EQ(rollout::schema_note(*world.record),
            "the schema stays: it was migrated for 2 before, and migrations are never undone");
  EXPECT_TRUE(world.has_event("SchemaStays"));
}

TEST(RollbackSchema, OneThatFailedDoesNotSayThatItsVersionHasToWorkWithTheSchema) {
  auto world = installed();
  upgrade(world, "2");
  world.trouble.crashing.insert("1");
  ASSERT_TRUE(ask(world));
  EXPECT_THAT(world.record->orders.rollback->note, HasSubstr("so 1 has to work with it"));
  world.settle(24h);
  ASSERT_EQ(world.phase(), spec::Phase::Failed);
  const auto status = status::make_status(world.desired, world.record, world.observe(), world.why, {}, world.now);
  EXPECT_THAT(status.message, HasSubstr("the rollback to 1 failed, 2 keeps serving"));
  EXPECT_THAT(status.message, Not(HasSubstr("has to work with it")));
}

class Trains : public testing::Test {
 protected:
  Trains() {
    world_.desired.application.spec.upgrade_policy.train = 2;
    world_.desired.application.spec.version = "2025.2.0";
    world_.settle();
  }
  void to(const std::string& version) {
    world_.edit([&](spec::ApplicationSpec& spec) {
      spec.version = version;
      spec.upgrade_policy.acknowledged = version;
    });
    world_.settle(1h);
    ASSERT_EQ(world_.record->course.active->application.spec.version, version) << world_.why.message;
  }
  World world_;
};

TEST_F(Trains, DowngradeWithinTheTrainIsAllowed) {
  to("2025.2.1");
  ASSERT_TRUE(ask(world_));
  world_.settle(1h);
  EXPECT_EQ(world_.record->course.active->application.spec.version, "2025.2.0");
}

TEST_F(Trains, SchemaOfALaterTrainRefusesAndNamesTheWayForward) {
  to("2025.3.0");
  const auto refused = choose(world_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("revision 1 (2025.2.0) does not fit the schema any more"));
  EXPECT_THAT(refused.error().message, HasSubstr("set spec.version to a mended release of 2025.3"));
  to("2025.3.1");
  EXPECT_THAT(refusal(world_, 1), HasSubstr("go back to revision 2 (2025.3.0) (teal rollback shop --to-revision 2)"));
  ASSERT_TRUE(ask(world_)) << "the one before is of the same train";
}

TEST_F(Trains, MigrationOfAVersionThatWasRolledBackCountsToo) {
  world_.trouble.sick.insert("2025.3.0");
  to("2025.2.1");
  world_.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2025.3.0";
    spec.upgrade_policy.acknowledged = "2025.3.0";
  });
  world_.settle(1h);
  ASSERT_EQ(world_.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(refusal(world_, 1), HasSubstr("revision 3 (2025.3.0) migrated it"));
}

TEST_F(Trains, TrainThatIsDeclaredCompatibleIsAllowedWithTheNote) {
  to("2025.3.0");
  world_.edit([](spec::ApplicationSpec& spec) { spec.upgrade_policy.outside_train = spec::OutsideTrain::BlueGreen; });
  world_.settle(1h);
  ASSERT_TRUE(ask(world_));
  world_.settle(1h);
  EXPECT_EQ(world_.record->course.active->application.spec.version, "2025.2.0");
  EXPECT_NE(world_.record->course.back->note, "");
}

TEST_F(Trains, WithoutAnyMigrationNothingStandsInTheWay) {
  world_.edit([](spec::ApplicationSpec& spec) { spec.migration.jobs.clear(); });
  world_.settle(1h);
  to("2025.3.0");
  EXPECT_EQ(choose(world_)->note, "");
}

}  // namespace
}  // namespace teal::test
