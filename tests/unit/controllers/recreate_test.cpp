// Recreate: the old leaves before the new comes, and the record never says otherwise.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

World recreating() {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  return world;
}

TEST(Recreate, FirstInstallationStaysInstalled) {
  auto world = recreating();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  world.settle(1h);
  ASSERT_TRUE(world.record->course.active);
  EXPECT_EQ(world.record->course.active->number, 1);
  EXPECT_EQ(world.up(), 2);
}

TEST(Recreate, UpgradeMakesTheNewVersionTheActiveOne) {
  auto world = recreating();
  world.want("2");
  world.settle();
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r2-0", "teal-shop-api-r2-1"));
}

// Found by simulation, seed 1: each upgrade was rolled back, for probes that had failed before the new version was
// there.
TEST(Recreate, ProbesThatFailedWhileNothingServedSayNothingOfTheNewVersion) {
  auto world = recreating();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
}

TEST(Recreate, StrategyThatTheUpgradePolicyDemandsOutlivesAScaling) {
  World world;
  world.desired.application.spec.version = "1.0";
  world.desired.application.spec.upgrade_policy.train = 1;
  world.desired.application.spec.upgrade_policy.outside_train = spec::OutsideTrain::Recreate;
  world.settle();
  world.want("2.0");
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  for (int i = 0; i < 200 && world.phase() != spec::Phase::Migrating; ++i) {
    world.pass();
    for (const auto& name : world.running("api")) EXPECT_EQ(name.find("-r2-"), std::string::npos) << "M2: " << name;
  }
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.up(), 3);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2.0");
}

TEST(Recreate, StrategyEditedDuringARolloutCountsForTheNextOne) {
  auto world = recreating();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::BlueGreen; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["default"], 2);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_EQ(world.record->course.active->application.spec.rollout.strategy, spec::Strategy::BlueGreen);
}

TEST(Recreate, LongGraceOfAnOldWorkerIsNoLackOfProgress) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.desired.application.spec.components[1].stop.grace = 3h;
  world.settle();
  world.trouble.stubborn = true;
  world.want("2");
  world.settle(6h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

}  // namespace
}  // namespace teal::test
