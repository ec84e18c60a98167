// Between rollouts: the active revision is kept as it should be, scaled, fixed and in the end removed.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(BetweenRollouts, ScalesInPlaceWithoutARollout) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle();
  EXPECT_EQ(world.record->course.target.number, 1);
  EXPECT_EQ(world.up(), 3);
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 1; });
  world.settle();
  EXPECT_EQ(world.up(), 1);
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0"));
}

// Simulation seeds 323, 1453, 1482, 1847: the one that was to stay had just died.
TEST(BetweenRollouts, ScaledDownRecreateKeepsWhatServesUntilTheOthersDo) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  ASSERT_EQ(world.up(), 2);
  world.find("teal-shop-api-r1-0")->state = world::ContainerState::Exited;
  world.find("teal-shop-api-r1-0")->exit_code = 137;
  world.slots.front().verdict = false;
  world.watch_traffic();
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 1; });
  world.settle();
  EXPECT_GE(world.fewest_up, 1) << "T1";
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0"));
  EXPECT_EQ(world.up(), 1);
}

TEST(BetweenRollouts, ReplacesADeadReplicaOfTheActiveVersion) {
  auto world = installed();
  world.kill("teal-shop-api-r1-1");
  world.settle(2min);
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.record->course.target.number, 1);
  EXPECT_TRUE(world.has_event("ReplicaExited"));
}

TEST(BetweenRollouts, ReplacesAReplicaThatSomebodyRemoved) {
  auto world = installed();
  std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.name == "teal-shop-worker-r1-0"; });
  world.settle(1min);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r1-0"));
}

TEST(BetweenRollouts, RegistersAgainWhatALoadBalancerForgot) {
  auto world = installed();
  world.slots.clear();
  world.settle(1min);
  EXPECT_EQ(world.up(), 2);
}

TEST(BetweenRollouts, RegistersAReplicaAnewWhenItsAddressChanged) {
  auto world = installed();
  world.find("teal-shop-api-r1-0")->address = "127.0.0.1:50000";
  world.settle(1min);
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.servers(), Contains(testing::Field(&world::Server::address, "127.0.0.1:50000")));
}

// Found by the simulation, seed 548: replaced after a restart of the engine, while its dependency was down.
TEST(BetweenRollouts, AServerThatLeadsToTheOldAddressLeavesBeforeTheReplicaIsWell) {
  auto world = installed();
  world.trouble.hung.insert("teal-shop-api-r1-0");
  world.find("teal-shop-api-r1-0")->address = "127.0.0.1:50000";
  world.pass();
  EXPECT_EQ(world.servers().size(), 1u) << "its port may belong to a stranger soon";
  EXPECT_NE(world.servers().front().name, "teal-shop-api-r1-0");
}

TEST(BetweenRollouts, SuspendedApplicationStartsNothing) {
  World world;
  world.desired.application.spec.suspend = true;
  world.settle();
  EXPECT_FALSE(world.record);
  EXPECT_THAT(world.containers(), IsEmpty());
}

TEST(BetweenRollouts, DeletionLeavesNothingBehind) {
  auto world = installed();
  world.desired.deleting = true;
  world.settle();
  EXPECT_TRUE(world.erased);
  EXPECT_THAT(world.containers(), IsEmpty());
  EXPECT_THAT(world.servers(), IsEmpty());
}

// It runs and answers nothing; its load balancer has seen that too.
void hang(World& world, const std::string& name) {
  world.trouble.hung.insert(world.find(name)->id);
  for (auto& slot : world.slots) {
    if (slot.seen.name == name) slot.verdict = false;
  }
  world.now += 10min;  // longer than the time that its start may take
}

TEST(BetweenRollouts, HungReplicaIsReplacedBesideOneThatIsWell) {
  auto world = installed();
  const auto id = world.find("teal-shop-api-r1-0")->id;
  hang(world, "teal-shop-api-r1-0");
  world.settle(10min);
  EXPECT_NE(world.find("teal-shop-api-r1-0")->id, id);
  EXPECT_EQ(world.up(), 2);
  EXPECT_TRUE(world.has_event("ReplicaHung"));
}

TEST(BetweenRollouts, ReplicasThatAllHangAreLeftAloneForItIsADependency) {
  auto world = installed();
  hang(world, "teal-shop-api-r1-0");
  hang(world, "teal-shop-api-r1-1");
  world.performed.clear();
  world.settle(10min);
  EXPECT_TRUE(world.performed.empty());
}

TEST(BetweenRollouts, HungReplicasAreReplacedOneAtATime) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(10min);
  hang(world, "teal-shop-api-r1-0");
  hang(world, "teal-shop-api-r1-1");
  for (int i = 0; i < 100 && world.up() < 3; ++i) {
    world.pass();
    EXPECT_GE(world.running("api").size(), 2u);
    EXPECT_GE(world.up(), 1);
  }
  EXPECT_EQ(world.up(), 3);
}

TEST(BetweenRollouts, HungReplicaThatTheLoadBalancerStillUsesLeavesTrafficBeforeItIsReplaced) {
  auto world = installed();
  const auto id = world.find("teal-shop-api-r1-0")->id;
  hang_silently(world, "teal-shop-api-r1-0");
  world.now += 10min;
  world.performed.clear();
  world.watch_traffic();
  world.settle(10min);
  ASSERT_FALSE(world.performed.empty());
  EXPECT_EQ(world.performed.front(), "drain server teal-shop-api-r1-0 in edge/shop_api");
  EXPECT_NE(world.find("teal-shop-api-r1-0")->id, id);
  EXPECT_EQ(world.fewest_up, 1);
  EXPECT_EQ(world.up(), 2);
}

}  // namespace
}  // namespace teal::test
