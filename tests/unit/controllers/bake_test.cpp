// The bake is the time in which all that will serve was seen green, in one piece; and what fails together with the old
// version is given its time again.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/stage.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Duration bake = 30s;

World verifying(spec::OnFailure on_failure = spec::OnFailure::RollBack) {
  World world;
  world.settle();
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.bake = bake;
    spec.rollout.on_failure = on_failure;
    spec.components[0].health.startup = 60s;
  });
  EXPECT_TRUE(world.run_to(spec::Phase::Verifying));
  return world;
}

// One look, `later` than the one before.
void look(World& world, Duration later) {
  const auto now = world.now + later;
  world.now = now;
  world.pass();
  world.now = now;
}

void look_for(World& world, Duration time) {
  for (const auto end = world.now + time; world.now < end;) look(world, 1s);
}

// … through the load balancer; each replica by itself is well. No longer than while it bakes.
void look_at_failing_traffic_for(World& world, Duration time) {
  world.traffic_fails = true;
  for (const auto end = world.now + time; world.now < end && world.phase() == spec::Phase::Verifying;) look(world, 1s);
  world.traffic_fails = false;
}

void say(World& world, records::Verb verb) {
  const auto said = rollout::apply_verb(*world.record, {verb, std::nullopt, "ann"}, world.now);
  ASSERT_TRUE(said) << said.error().message;
  world.record = said->next;
}

// Still Verifying for a whole bake, and then no more.
void expect_a_whole_bake(World& world) {
  const auto begun = world.now;
  while (world.phase() == spec::Phase::Verifying && world.now < begun + 5min) look(world, 500ms);
  EXPECT_GE(world.now - begun, bake);
  EXPECT_LT(world.now - begun, bake + 5s);
  EXPECT_NE(world.phase(), spec::Phase::RollingBack) << world.record->outcome.failure;
}

TEST(Bake, BeginsAgainWithAReplicaThatWasReplaced) {
  auto world = verifying();
  look_for(world, 20s);
  std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.name == "teal-shop-api-r2-0"; });
  look_for(world, 2s);
  ASSERT_EQ(world.running("api").size(), 4u);
  expect_a_whole_bake(world);
}

TEST(Bake, BeginsAgainAfterAPauseAndAfterARetry) {
  for (const auto verb : {records::Verb::Resume, records::Verb::Retry}) {
    auto world = verifying();
    look_for(world, 20s);
    say(world, records::Verb::Pause);
    look_for(world, 20s);
    say(world, verb);
    expect_a_whole_bake(world);
  }
}

TEST(Bake, BeginsAgainAfterTimeInWhichNobodyLooked) {
  auto world = verifying();
  look_for(world, 20s);
  world.unobserved = 40s;
  look(world, 40s);
  world.unobserved = {};
  expect_a_whole_bake(world);
}

TEST(Bake, BeginsAgainWithAnotherTeald) {
  Stage stage;
  stage.application.spec.components[0].port.reset();  // nothing that could be asked for its health
  stage.application.spec.components[0].load_balancer.reset();
  stage.application.spec.rollout.bake = bake;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return stage.view()->rollout->standing.phase == spec::Phase::Verifying; }));
  stage.clock.time += bake - 1s;
  stage.start_teald();
  const auto begun = stage.clock.time;
  ASSERT_TRUE(stage.run());
  EXPECT_GE(stage.clock.time - begun, bake);
}

TEST(SharedDependency, ThatIsBackGivesTheNewVersionItsStartupTimeAgain) {
  auto world = verifying();
  look_for(world, 5s);
  world.trouble.sick = {"1", "2"};
  look_for(world, 20s);
  EXPECT_EQ(world.why.reason, spec::Reason::SharedDependencyDown);
  EXPECT_TRUE(world.has_event("SharedDependencyDown"));
  world.trouble.sick = {"2"};  // the old ones are well a moment sooner
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.deadline = 10s; });
  look_for(world, 50s);
  EXPECT_EQ(world.phase(), spec::Phase::Verifying) << world.record->outcome.failure;
  EXPECT_THAT(world.why.message, HasSubstr("what it shares with the old replicas was down, so it has 10s more"));
  world.trouble.sick.clear();
  expect_a_whole_bake(world);
}

// A load balancer takes its servers back only after checks of its own.
TEST(SharedDependency, ThatIsBackGivesTheLoadBalancerThatTimeToo) {
  auto world = verifying();
  look_for(world, 5s);
  world.trouble.sick = {"1", "2"};
  look_for(world, 20s);
  world.trouble.sick.clear();
  look_at_failing_traffic_for(world, 55s);
  EXPECT_EQ(world.phase(), spec::Phase::Verifying) << world.record->outcome.failure;
  look_at_failing_traffic_for(world, 10s);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
}

// What fails is probed more often than what is well.
TEST(SharedDependency, IsToldFromAFaultOfTheNewVersionOnlyOnceTheOldWereAskedToo) {
  auto world = verifying();
  world.trouble.sick = {"2"};
  look_for(world, 2s);
  EXPECT_EQ(world.phase(), spec::Phase::Verifying) << world.record->outcome.failure;
  world.trouble.sick = {"1", "2"};
  look_for(world, 20s);
  EXPECT_EQ(world.why.reason, spec::Reason::SharedDependencyDown);
  world.trouble.sick.clear();
  expect_a_whole_bake(world);
}

TEST(SharedDependency, ThatIsBackIsNoExcuseForLongerThanThat) {
  auto world = verifying();
  world.trouble.sick = {"1", "2"};
  look_for(world, 20s);
  world.trouble.sick = {"2"};
  look_for(world, 65s);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("503"));
}

TEST(SharedDependency, IsHeldForWhileReplicasStartAndPastEveryDeadline) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.deadline = 10s;
    spec.components[0].health.startup = 60s;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.trouble.sick = {"1", "2"};
  look_for(world, 3min);
  EXPECT_EQ(world.phase(), spec::Phase::Starting) << world.record->outcome.failure;
  world.trouble.sick.clear();
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

// The teald that had seen them well is gone.
TEST(SharedDependency, IsHeldForByATealdThatNeverSawThemWell) {
  auto world = verifying();
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.deadline = 10s; });
  world.trouble.sick = {"1", "2"};
  world.never_saw_health = true;
  look_for(world, 3min);
  EXPECT_EQ(world.phase(), spec::Phase::Verifying) << world.record->outcome.failure;
}

TEST(Restarted, TealdJudgesWhatHasServedWithoutAnotherStartupTime) {
  auto world = verifying();
  world.trouble.sick = {"2"};
  world.never_saw_health = true;
  look_for(world, 10s);
  EXPECT_EQ(world.record->outcome.settles_as, spec::Phase::RolledBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("failed its health check"));
}

TEST(Retry, MakesReplicasAnewThatAreNotWell) {
  auto world = verifying(spec::OnFailure::Pause);
  const auto before = world.find("teal-shop-api-r2-0")->id;
  world.trouble.sick = {"2"};
  look_for(world, 10s);
  ASSERT_TRUE(world.record->orders.paused);
  look_for(world, 10s);
  EXPECT_EQ(world.find("teal-shop-api-r2-0")->id, before) << "a pause leaves everything as it is";
  say(world, records::Verb::Retry);
  look(world, 1s);
  world.trouble.sick.clear();  // what they read when they start is fixed
  look_for(world, 5s);
  ASSERT_NE(world.find("teal-shop-api-r2-0"), nullptr);
  EXPECT_NE(world.find("teal-shop-api-r2-0")->id, before);
  EXPECT_FALSE(world.record->orders.paused);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Retry, LeavesReplicasAloneThatAreWell) {
  auto world = verifying();
  const auto before = world.find("teal-shop-api-r2-0")->id;
  say(world, records::Verb::Pause);
  say(world, records::Verb::Retry);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.find("teal-shop-api-r2-0")->id, before);
}

TEST(Traffic, ThatFailsThroughTheLoadBalancerInABakeRollsBack) {
  auto world = verifying();
  look_for(world, 2s);
  look_at_failing_traffic_for(world, 20s);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("through load balancer edge answers 503"));
}

TEST(Deadline, SaysWhatWasWaitedFor) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.deadline = 10s;
    spec.components[0].health.startup = 60s;
  });
  world.trouble.sick = {"2"};
  world.settle();
  EXPECT_EQ(world.record->outcome.failure_reason, spec::Reason::DeadlineExceeded);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("Starting made no progress for 10s: waiting for api replica 0"));
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("503"));
}

TEST(Abort, KeepsWhyItWasPaused) {
  auto world = verifying(spec::OnFailure::Pause);
  world.trouble.sick = {"2"};
  look_for(world, 10s);
  say(world, records::Verb::Abort);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("aborted by ann, paused for: api replica 0"));
}

}  // namespace
}  // namespace teal::test
