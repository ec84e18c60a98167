// A replica that fails its own check behind a load balancer whose check it passes: that one may be of layer 4, and what
// is paused, stopped or deadlocked still accepts connections.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto first = "teal-shop-api-r1-0";
constexpr auto second = "teal-shop-api-r1-1";

World installed_pair() {
  auto world = installed();
  world.performed.clear();
  return world;
}

bool takes_requests(const World& world, const std::string& name) {
  const auto servers = world.servers();
  const auto server = std::ranges::find(servers, name, &world::Server::name);
  return server != servers.end() && server->up;
}

std::string told(const World& world, std::string_view reason) {
  for (const auto& event : world.events) {
    if (to_string(event.reason) == reason) return event.message;
  }
  return "";
}

TEST(SetAside, OneThatFailsBesideOneThatIsWellTakesNoTrafficAndThatIsSaid) {
  auto world = installed_pair();
  world.find(first)->engine_error = "it is paused: engine unpause it";
  hang_silently(world, first);
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
  EXPECT_TRUE(takes_requests(world, second));
  EXPECT_THAT(told(world, "ReplicaSetAside"), HasSubstr("api replica 0 of revision 1 failed its health check"));
  EXPECT_THAT(told(world, "ReplicaSetAside"), HasSubstr("it is paused"));
  EXPECT_THAT(world.why.message, HasSubstr("takes no traffic until it answers again"));
}

TEST(SetAside, WhenAllFailNothingIsTakenOut) {
  auto world = installed_pair();
  hang_silently(world, first);
  hang_silently(world, second);
  world.settle(10min);
  EXPECT_THAT(world.performed, IsEmpty());
  EXPECT_EQ(world.up(), 2);
}

TEST(SetAside, TheLastOneStays) {
  auto world = installed([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 1; });
  world.performed.clear();
  hang_silently(world, first);
  world.settle(10min);
  EXPECT_THAT(world.performed, IsEmpty());
}

TEST(SetAside, OthersCountAsWellOnlyOnceTheyWereAskedSinceItBeganToFail) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.not_asked_since = true;
  world.settle(10s);
  EXPECT_TRUE(takes_requests(world, first)) << "what it fails for may be what all of them need";
  world.not_asked_since = false;
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
}

TEST(SetAside, WhatHadFailedTogetherIsAskedAgainBeforeTheFirstThatIsWellCounts) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.has_just_recovered = true;
  world.settle(10s);
  EXPECT_TRUE(takes_requests(world, first)) << "it may be well, too, when it is asked";
  world.has_just_recovered = false;
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
}

TEST(SetAside, OneThatAnswersAgainTakesItsTrafficAgain) {
  auto world = installed_pair();
  const auto id = world.find(first)->id;
  hang_silently(world, first);
  world.settle(10s);
  ASSERT_FALSE(takes_requests(world, first));
  world.trouble.hung.clear();
  world.settle(10s);
  EXPECT_TRUE(takes_requests(world, first));
  EXPECT_EQ(world.find(first)->id, id);
  EXPECT_THAT(told(world, "ReplicaGivenBack"), HasSubstr("well again"));
  EXPECT_EQ(world.why.reason, spec::Reason::AllReplicasReady);
  EXPECT_THAT(world.record->aside, IsEmpty());
}

TEST(SetAside, TrafficIsGivenBackWhenNoOtherIsWellAnyMore) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.settle(10s);
  ASSERT_EQ(world.up(), 1);
  hang_silently(world, second);
  world.settle(10s);
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.fewest_up, 1);
  EXPECT_THAT(told(world, "ReplicaGivenBack"), HasSubstr("no other replica is well"));
  world.trouble.hung.erase(world.find(second)->id);
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first)) << "and taken away again when there is one";
}

TEST(SetAside, OneWhoseTrafficIsGivenBackIsNotReplacedInTheSamePass) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.settle(10s);
  ASSERT_EQ(world.up(), 1);
  const auto id = world.find(first)->id;
  hang_silently(world, second);
  world.now += 10min;  // as long as one that hangs may
  world.performed.clear();
  world.pass();
  EXPECT_THAT(world.performed, testing::Each(testing::Not(HasSubstr("remove server"))));
  world.settle(10s);
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.find(first)->id, id);
}

TEST(SetAside, ARestartOfTealdDoesNotPutItBack) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.settle(10s);
  world.knows_nothing_of_health = true;
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
  EXPECT_TRUE(takes_requests(world, second));
}

TEST(SetAside, AReplicaOfTheVersionThatServesLeavesWhileTheNextOneWaits) {
  auto world = installed_pair();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeMigration;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::AwaitingApproval));
  const auto id = world.find(first)->id;
  hang_silently(world, first);
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
  world.now += 10min;
  world.settle(10min);
  EXPECT_NE(world.find(first)->id, id) << "it may wait for days, and replaces what hangs meanwhile";
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.phase(), spec::Phase::AwaitingApproval);
}

TEST(SetAside, TheNextRolloutKnowsWhichOneIsOut) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.settle(10s);
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeMigration;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::AwaitingApproval));
  world.knows_nothing_of_health = true;
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
}

model::Slot& slot_called(World& world, const std::string& name) {
  return *std::ranges::find(world.slots, name, [](const model::Slot& slot) { return slot.seen.name; });
}

TEST(TakenOutByHand, WhatSomebodyDidToAServerIsSaidOnceAndUndone) {
  for (const auto intake : {world::Intake::Open, world::Intake::Draining, world::Intake::Closed}) {
    auto world = installed_pair();
    auto& slot = slot_called(world, first);
    slot.verdict = false;
    auto& server = slot.seen;
    server.intake = intake;
    server.by_hand = "its weight is 0";
    server.undo = "set its weight";
    world.pass();
    world.pass();
    EXPECT_THAT(told(world, "TakenOutByHand"), HasSubstr("api replica 0 of revision 1: its weight is 0"));
    EXPECT_THAT(told(world, "TakenOutByHand"), HasSubstr("set its weight"));
    world.settle(10s);
    EXPECT_TRUE(takes_requests(world, first));
    const auto times = std::ranges::count_if(
        world.events, [](const records::Event& one) { return to_string(one.reason) == "TakenOutByHand"; });
    EXPECT_EQ(times, 1);
  }
}

TEST(TakenOutByHand, WhatTealItselfTakesOutIsNotMeant) {
  auto world = upgrading();
  for (int i = 0; i < 500 && (world.phase() != spec::Phase::Complete || world.record->course.target.number == 1); ++i) {
    for (auto& slot : world.slots) slot.seen.by_hand = slot.seen.intake == world::Intake::Open ? "" : "it drains";
    world.pass();
  }
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(told(world, "TakenOutByHand"), "");
}

TEST(SetAside, WhatTheLoadBalancerDoesNotSayIsNotActedOn) {
  auto world = installed_pair();
  hang_silently(world, first);
  world.settle(10s);
  hang_silently(world, second);
  world.balancer_down = true;
  world.settle(10s);
  world.trouble.hung.erase(world.find(second)->id);
  world.balancer_down = false;
  world.performed.clear();
  world.settle(10s);
  EXPECT_FALSE(takes_requests(world, first));
  EXPECT_THAT(world.performed, IsEmpty());
}

}  // namespace
}  // namespace teal::test
