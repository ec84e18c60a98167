// Components that may never run twice, and components that change their nature between versions.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The most containers of a unit that ran at one time on the way, old and new together.
std::size_t most_revisions(World& world, std::string_view unit, int passes) {
  std::size_t most = 0;
  for (int i = 0; i < passes; ++i) {
    world.pass();
    std::set<int> revisions;
    for (const auto& one : world.containers()) {
      if (one.unit == unit && one.state == world::ContainerState::Running) revisions.insert(one.revision);
    }
    most = std::max(most, revisions.size());
  }
  return most;
}

TEST(ComponentChanges, WorkerThatBecomesStopFirstIsReplacedOnce) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[1].replace = spec::Replace::StopFirst;
  });
  EXPECT_EQ(most_revisions(world, "worker", 300), 1u);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r2-0"));
  EXPECT_EQ(std::ranges::count(world.performed, "run teal-shop-worker-r1-0"), 1);
}

TEST(ComponentChanges, WorkerThatCeasesToBeStopFirstIsStillNeverRunTwice) {
  World world;
  world.desired.application.spec.components[1].replace = spec::Replace::StopFirst;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[1].replace = spec::Replace::Overlap;
  });
  EXPECT_EQ(most_revisions(world, "worker", 300), 1u);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(ComponentChanges, ScalingAfterARollbackScalesWhatServesAndTriesNothingAgain) {
  World world;
  world.settle();
  world.trouble.sick.insert("2");
  world.want("2");
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  for (const int replicas : {4, 1}) {
    world.edit([&](spec::ApplicationSpec& spec) { spec.components[0].replicas = replicas; });
    world.settle(1h);
    EXPECT_EQ(world.up(), replicas);
    EXPECT_EQ(world.record->course.target.number, 2);
    EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  }
  world.trouble.sick.clear();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  world.settle(1h);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_EQ(world.up(), 1);
}

TEST(ComponentChanges, SeveralReplicasAreReplacedOldBeforeNew) {
  World world;
  world.desired.application.spec.components[1].replace = spec::Replace::StopFirst;
  world.desired.application.spec.components[1].replicas = 3;
  world.settle();
  world.want("2");
  EXPECT_EQ(most_revisions(world, "worker", 300), 1u);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.running("worker").size(), 3u);
}

TEST(ComponentChanges, StopFirstBehindALoadBalancerRollsBack) {
  World world;
  world.desired.application.spec.components[0].replace = spec::Replace::StopFirst;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.record = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
}

TEST(ComponentChanges, ComponentsComeAndGoBetweenVersions) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[1].name = "jobs";
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(world.running("worker"), IsEmpty());
  EXPECT_THAT(world.running("jobs"), ElementsAre("teal-shop-jobs-r2-0"));
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.components.pop_back();
  });
  world.settle();
  EXPECT_THAT(world.running("jobs"), IsEmpty());
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(ComponentChanges, ComponentThatLeavesItsLoadBalancerIsDrainedFirst) {
  World world;
  world.settle();
  world.performed.clear();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].load_balancer.reset();
    spec.components[0].port.reset();
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(world.servers(), IsEmpty());
  const auto drained = std::ranges::find(world.performed, "drain server teal-shop-api-r1-0 in edge/shop_api");
  const auto stopped = std::ranges::find(world.performed, "stop teal-shop-api-r1-0");
  EXPECT_LT(drained, stopped);
}

TEST(ComponentChanges, ComponentThatGainsALoadBalancerIsRegistered) {
  World world;
  world.desired.application.spec.components[0].load_balancer.reset();
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].load_balancer = spec::LoadBalancerUse{"edge", "shop_api", 60s};
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.up(), 2);
}

TEST(ComponentChanges, DeadOldReplicaLeavesNoServerBehindInABackendThatNobodyWatchesAfterwards) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].load_balancer.reset();
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.kill("teal-shop-api-r1-0");
  world.kill("teal-shop-api-r1-1");
  world.balancer_down = true;
  for (int i = 0; i < 100; ++i) world.pass();
  EXPECT_NE(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(world.why.message, HasSubstr("refused"));
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(world.servers(), IsEmpty());
}

TEST(ComponentChanges, LoadBalancerThatTealdNoLongerKnowsIsNotWaitedFor) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].load_balancer.reset();
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.balancer_down = true;
  world.load_balancer_sight = rollout::Presence::Absent;  // "is not in teald.yaml"
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(ComponentChanges, NewReplicaThatDiesAfterTheCutoverIsReplacedBeforeMoreOfTheOldLeave) {
  World world;
  world.settle();
  world.watch_traffic();
  world.want("2");
  world.failing_actions["drain server teal-shop-api-r1"] = 2;
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.kill("teal-shop-api-r2-0");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.up(), 2);
  EXPECT_GE(world.fewest_up, 2) << "the old ones stay while the new one is replaced";
}

TEST(ComponentChanges, EngineMayNotChangeBetweenVersions) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.engine = "other";
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Pending);
  EXPECT_EQ(world.why.reason, spec::Reason::EngineNotUsable);
  EXPECT_THAT(world.why.message, HasSubstr("spec.engine"));
  world.edit([](spec::ApplicationSpec& spec) { spec.engine.clear(); });
  world.settle();
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

}  // namespace
}  // namespace teal::test
