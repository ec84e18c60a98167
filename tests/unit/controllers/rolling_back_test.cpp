// Going back where old and new must not run side by side. Found by exploration.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(RollingBack, OfRecreateBringsTheOldVersionUpOnlyOnceNothingOfTheNewIsLeft) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  ASSERT_TRUE(world.run_to(spec::Phase::Introducing));
  records::VerbRequest abort;
  abort.verb = records::Verb::Abort;
  abort.by = "ann";
  world.record = rollout::apply_verb(*world.record, abort, world.now)->next;
  for (int i = 0; i < 200 && world.phase() != spec::Phase::RolledBack; ++i) {
    world.pass();
    std::set<int> revisions;
    for (const auto& one : world.containers()) revisions.insert(one.revision);
    EXPECT_LE(revisions.size(), 1u) << world.why.message;
  }
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  world.settle();
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r1-0"));
}

TEST(RollingBack, GraceThatTakesLongerThanTheDeadlineIsNoLackOfProgress) {
  World world;
  world.desired.application.spec.components[1].replace = spec::Replace::StopFirst;
  world.desired.application.spec.components[1].stop.grace = 30s;
  world.desired.application.spec.rollout.deadline = 3s;
  world.settle();
  world.trouble.stubborn = true;
  world.want("2");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.record->outcome.failure;
}

TEST(RollingBack, ServerOfAnOldReplicaThatIsGoneGoesWhileTheNewOnesAreIntroduced) {
  World world;
  world.desired.application.spec.components[0].replace = spec::Replace::StopFirst;
  world.settle();
  world.sessions = 1;  // requests that keep the old ones draining
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Introducing));
  for (int i = 0; i < 3; ++i) world.pass();
  world.knows_nothing_of_health = true;  // the new ones take their time
  std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.name == "teal-shop-api-r1-0"; });
  for (int i = 0; i < 5; ++i) world.pass();
  ASSERT_EQ(world.phase(), spec::Phase::Introducing);
  for (const auto& server : world.servers()) EXPECT_NE(server.name, "teal-shop-api-r1-0");
}

// A version 2 that cannot be started, and of version 1, which it has replaced, nothing is up.
World without_anything_up(Duration deadline) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.deadline = deadline;
    for (auto& component : spec.components) component.health.startup = 5s;
  });
  world.trouble.sick = {"1", "2"};
  EXPECT_TRUE(world.run_to(spec::Phase::RollingBack));
  return world;
}

void pass_for(World& world, Duration time) {
  for (const auto end = world.now + time; world.now < end; world.now += 1s) world.pass();
}

TEST(RollingBack, HasNotEndedBeforeTheOldVersionTakesTraffic) {
  auto world = without_anything_up(10min);
  pass_for(world, 2min);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_EQ(world.up(), 0);
  EXPECT_FALSE(world.has_event("RollbackStuck"));
  world.trouble.sick = {"2"};
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.up(), 2);
}

TEST(RollingBack, ThatDoesNotComeToAnEndSaysWhatEndsIt) {
  auto world = without_anything_up(30s);
  pass_for(world, 4min);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_EQ(world.why.reason, spec::Reason::RollbackStuck);
  EXPECT_THAT(world.why.message, HasSubstr("1 does not come back: waiting for api replica 0 of revision 1"));
  EXPECT_THAT(world.why.message,
              HasSubstr("teal retry shop tries 2 again, or set spec.version to a release that works"));
  EXPECT_EQ(std::ranges::count(world.events, spec::Reason::RollbackStuck, &records::Event::reason), 1);
  world.trouble.sick = {"1"};
  const records::VerbRequest retry{records::Verb::Retry, std::nullopt, "ann"};
  world.record = rollout::apply_verb(*world.record, retry, world.now)->next;
  EXPECT_FALSE(rollout::apply_verb(*world.record, retry, world.now)) << "it is asked for already";
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

TEST(RollingBack, ThatIsUnderWayIsFollowedByTheRetryThatIsAskedForMeanwhile) {
  World world;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Introducing));
  const auto say = [&](records::Verb verb) {
    world.record = rollout::apply_verb(*world.record, {verb, std::nullopt, "ann"}, world.now)->next;
  };
  say(records::Verb::Abort);
  say(records::Verb::Retry);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.number, 3);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

TEST(RollingBack, OfRecreateIsNotCutShortByTheRetryThatFollowsIt) {
  auto world = without_anything_up(10min);
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  pass_for(world, 1min);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack) << "the old version may still come";
  world.trouble.sick = {"2"};
  for (int i = 0; i < 500 && world.phase() != spec::Phase::RolledBack; ++i) world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.up(), 2) << "only then is it tried again";
}

TEST(RollingBack, AnAbortTakesTheRetryBackThatWasToFollow) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
  });
  world.trouble.sick = {"2"};
  world.settle(1h);
  ASSERT_TRUE(world.record->orders.paused);
  const auto say = [&](records::Verb verb) {
    world.record = rollout::apply_verb(*world.record, {verb, std::nullopt, "ann"}, world.now)->next;
  };
  say(records::Verb::Retry);
  say(records::Verb::Abort);
  EXPECT_FALSE(world.record->orders.retry) << "no pass has seen it";
  say(records::Verb::Retry);
  EXPECT_TRUE(world.record->orders.retry);
  say(records::Verb::Abort);
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->course.target.number, 2);
}

// One of three cannot come up any more, and is not wanted any more either.
TEST(RollingBack, EndsForASpecThatIsSetBackAndAsksForLessThanServed) {
  World world;
  world.desired.application.spec.components[0].replicas = 3;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.trouble.hung.insert("teal-shop-api-r1-2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "1";
    spec.components[0].replicas = 2;
  });
  world.settle(1h);
  EXPECT_TRUE(records::is_terminal(world.phase())) << to_string(world.phase()) << ": " << world.why.message;
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.record->generation, world.desired.generation);
}

TEST(RollingBack, OfRecreateToWhatIsWantedAgainEndsOnceThatServes) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.want("1");
  for (int i = 0; i < 500 && !records::is_terminal(world.phase()); ++i) world.pass();
  EXPECT_TRUE(records::is_terminal(world.phase()));
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
}

// A replica of the old version is down for good: what never came into traffic takes nothing back.
TEST(RollingBack, OfWhatWasNeverInTrafficDoesNotWaitForTheOldVersion) {
  World world;
  world.settle();
  world.trouble.hung.insert("teal-shop-api-r1-1");
  world.want("2");
  world.trouble.crashing = {"2"};
  world.settle(10min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack) << world.why.message;
}

// The old ones that were gone back to have turned sick, and what serves is neither they nor what is given up.
TEST(RollingBack, BesideAThirdRevisionThatServesSaysWhatEndsItAsWell) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = 1h;
    spec.rollout.deadline = 30s;
  });
  for (int i = 0; i < 300 && world.why.reason != spec::Reason::KeepingOld; ++i) world.pass();
  const auto say = [&](records::Verb verb) {
    world.record = rollout::apply_verb(*world.record, {verb, std::nullopt, "ann"}, world.now)->next;
  };
  world.trouble.sick = {"1"};
  rollout::turn_back(*world.record, spec::Reason::RollbackAsked, "rolled back by ann", world.now);
  pass_for(world, 4min);
  ASSERT_EQ(world.why.reason, spec::Reason::RollbackStuck);
  say(records::Verb::Retry);
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  say(records::Verb::Abort);
  pass_for(world, 4min);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_EQ(world.why.reason, spec::Reason::RollbackStuck) << world.why.message;
  EXPECT_EQ(world.up(), 2) << "what serves stays";
  say(records::Verb::Retry);
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

// The old ones may only come once it is over.
TEST(RollingBack, ThatDrainsForLongerThanTheDeadlineIsNotStuck) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.deadline = 30s;
    spec.rollout.bake = 1h;
    spec.components[0].load_balancer->drain = 10min;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.sessions = 3;
  world.record = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now)->next;
  pass_for(world, 5min);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_FALSE(world.has_event("RollbackStuck"));
  pass_for(world, 10min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack) << world.why.message;
}

}  // namespace
}  // namespace teal::test
