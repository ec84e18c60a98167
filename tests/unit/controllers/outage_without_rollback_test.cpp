// What is not the new version's fault does not roll it back: the engine, a load balancer, or nobody having looked.
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

World verifying() {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.bake = 30s;
  });
  EXPECT_TRUE(world.run_to(spec::Phase::Verifying));
  world.now += 1s;
  const auto now = world.now;
  world.pass();
  world.now = now;  // the bake goes on
  return world;
}

void end_all(World& world, const std::string& revision) {
  for (const auto& unit : {"api", "worker"}) {
    for (const auto& name : world.running(unit)) {
      if (name.find(revision) != std::string::npos) world.kill(name, 137);
    }
  }
}

TEST(OutageWithoutRollback, OldAndNewReplicasThatEndTogetherAreReplacedAndNothingIsRolledBack) {
  auto world = verifying();
  end_all(world, "-r1-");
  end_all(world, "-r2-");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_EQ(world.up(), 2);
  EXPECT_TRUE(world.has_event("SharedDependencyDown"));
}

TEST(OutageWithoutRollback, AnEngineThatEndsTheNewReplicasAMomentBeforeTheOldIsNotTheirFaultEither) {
  for (const std::string first : {"-r1-", "-r2-"}) {
    auto world = verifying();
    end_all(world, first);
    const auto now = world.now;
    world.pass();
    world.now = now + 500ms;
    end_all(world, first == "-r1-" ? "-r2-" : "-r1-");
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::Complete) << first << ": " << world.record->outcome.failure;
    EXPECT_EQ(world.up(), 2);
  }
}

TEST(OutageWithoutRollback, NewReplicasThatEndAloneAreTheNewVersionsFault) {
  auto world = verifying();
  end_all(world, "-r2-");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("exited with code 137"));
}

TEST(OutageWithoutRollback, ALoadBalancerThatWasAwayWhileItWasVerifiedRollsNothingBack) {
  auto world = verifying();
  ASSERT_GT(world.record->standing.verified_probes, 0u);
  world.slots.clear();
  world.balancer_down = true;
  for (int i = 0; i < 5; ++i) {
    const auto now = world.now;
    world.pass();
    world.now = now + 100ms;
  }
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.record->outcome.failure;
  EXPECT_EQ(world.up(), 2);
}

// teald is stopped for 40 minutes; the deadline is 30.
TEST(OutageWithoutRollback, ADeadlineThatPassedWhileNobodyLookedGivesNothingUp) {
  for (const bool gets_well : {true, false}) {
    Stage stage;
    stage.application.spec.components[0].health.startup = 3h;
    stage.start_teald();
    stage.apply();
    ASSERT_TRUE(stage.run());
    stage.sick_images.insert("id-shop:2");
    stage.application.spec.version = "2";
    stage.apply();
    ASSERT_TRUE(stage.run_until([&] { return stage.view()->rollout->standing.phase == spec::Phase::Starting; }));
    stage.run_until([] { return true; });
    stage.clock.time += 40min;
    stage.run_until([] { return true; });  // what was known before
    EXPECT_EQ(stage.view()->rollout->standing.phase, spec::Phase::Starting);
    if (gets_well) stage.sick_images.clear();
    const auto begun = stage.clock.time;
    const auto ends = gets_well ? spec::Phase::Complete : spec::Phase::RolledBack;
    EXPECT_TRUE(stage.run_until([&] { return stage.view()->rollout->standing.phase == ends; }));
    EXPECT_LT(stage.clock.time - begun, 40min) << "a deadline is one all the same";
  }
}

TEST(OutageWithoutRollback, AStartThatTookLongWhileNobodyLookedIsLookedAtAgain) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.sick_images.insert("id-shop:2");
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return stage.engine.running().size() > 3; }));
  stage.run_until([] { return true; });
  stage.clock.time += 10min;  // longer than its startup
  stage.run_until([] { return true; });
  EXPECT_EQ(stage.view()->rollout->standing.phase, spec::Phase::Starting);
  stage.sick_images.clear();
  EXPECT_TRUE(stage.run());
}

}  // namespace
}  // namespace teal::test
