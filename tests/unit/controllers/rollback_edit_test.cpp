// The spec is edited while somebody goes back to a revision that it asks for by now.
#include <gmock/gmock.h>

#include "controllers/rollout/outcome_text.hpp"
#include "tests/unit/controllers/asked_rollback.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

// Simulation seed 136: an edit of the policy and its opposite, and the first of them stayed in force.
TEST(RollbackEdit, ThatIsTakenBackAgainLeavesTheSpecInForceAsItIsWanted) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world, 1));
  world.settle(1h);
  ASSERT_TRUE(ask(world, 2));
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  const auto deadline = world.desired.application.spec.rollout.deadline;
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.deadline = 7min; });
  world.pass();
  world.edit([&](spec::ApplicationSpec& spec) { spec.rollout.deadline = deadline; });
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec, world.desired.application.spec);
  EXPECT_EQ(rollout::not_retried(world.desired, world.record), "");
}

// What is scaled while an upgrade is under way is scaled also when that is given up.
TEST(RollbackEdit, OfTheReplicasDuringAnUpgradeThatIsGivenUpScalesWhatServes) {
  for (const int replicas : {1, 3}) {
    auto world = installed();
    world.want("2");
    ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
    world.edit([&](spec::ApplicationSpec& spec) { spec.components[0].replicas = replicas; });
    world.pass();
    verb(world, records::Verb::Abort);
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
    EXPECT_EQ(world.up(), replicas);
  }
}

// From a version that came with one replica instead of two.
World rolled_back_from_fewer() {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].replicas = 1;
  });
  world.settle(1h);
  return world;
}

// … but what an edit together with the version asks for is of that version.
TEST(RollbackEdit, OfTheReplicasTogetherWithTheVersionLeavesWhatServedBefore) {
  auto world = rolled_back_from_fewer();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.up(), 2);
}

TEST(RollbackEdit, ThatScalesNothingLeavesTheNumberThatServes) {
  auto world = rolled_back_from_fewer();
  world.edit([](spec::ApplicationSpec& spec) { spec.suspend = true; });
  world.settle(1h);
  EXPECT_EQ(world.up(), 2);
}

// How it is rolled out is no part of a revision.
TEST(RollbackEdit, OfTheStrategyCountsForTheWayBackToo) {
  for (const auto today : {spec::Strategy::BlueGreen, spec::Strategy::Recreate}) {
    const auto before = today == spec::Strategy::BlueGreen ? spec::Strategy::Recreate : spec::Strategy::BlueGreen;
    World world;
    world.desired.application.spec.rollout.strategy = before;
    world.settle();
    world.edit([&](spec::ApplicationSpec& spec) {
      spec.version = "2";
      spec.rollout.strategy = today;
    });
    world.settle(1h);
    world.watch_traffic();
    ASSERT_TRUE(ask(world));
    world.settle(1h);
    EXPECT_EQ(world.phase(), spec::Phase::Complete);
    EXPECT_EQ(world.record->course.active->application.spec.version, "1");
    EXPECT_EQ(world.fewest_up, today == spec::Strategy::BlueGreen ? 2 : 0);
  }
}

}  // namespace
}  // namespace teal::test
