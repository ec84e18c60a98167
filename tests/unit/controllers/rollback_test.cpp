// `teal rollback`: before the old replicas leave, while they are kept, and long after.
#include <gmock/gmock.h>

#include "controllers/rollout/outcome_text.hpp"
#include "tests/unit/controllers/asked_rollback.hpp"

namespace teal::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Rollback, IsARolloutOfItsOwnWithTheOlderSpecAndImage) {
  auto world = installed();
  upgrade(world, "2");
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.number, 3);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  EXPECT_EQ(world.record->course.active->image_id, "id-1");
  ASSERT_TRUE(world.record->course.back);
  EXPECT_EQ(world.record->course.back->to_revision, 1);
  EXPECT_EQ(world.record->course.back->by, "ann");
  EXPECT_GE(world.fewest_up, 2) << "no request is lost on the way back either";
  EXPECT_EQ(world.job_starts["default"], 2) << "the older version's migration is not run again";
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::NotNeeded);
  EXPECT_TRUE(world.has_event("RollbackAsked"));
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1"));
}

TEST(Rollback, SpecInForceIsNotTriedAgainUntilItChanges) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(24h);
  EXPECT_EQ(world.record->course.target.number, 3);
  upgrade(world, "3");
  EXPECT_EQ(world.record->course.target.number, 4);
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
}

TEST(Rollback, ScalingTheShelvedSpecScalesWhatServes) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(1h);
  EXPECT_EQ(world.record->course.target.number, 3) << "version 2 stays shelved";
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  EXPECT_EQ(world.up(), 3);
}

TEST(Rollback, ScalingDuringItDoesNotSupersedeIt) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(1h);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  EXPECT_EQ(world.record->course.target.number, 3);
  EXPECT_EQ(world.up(), 3);
}

// Simulation seeds 680, 1669: what it goes back to differs from the spec in force in nothing but the rollout's policy.
TEST(Rollback, ToWhatTheSpecAsksForTakesAllOfTheSpec) {
  auto world = installed();
  upgrade(world, "2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "1";
    spec.rollout.deadline = 7min;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  verb(world, records::Verb::Abort);
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  ASSERT_TRUE(ask(world, 1));
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec, world.desired.application.spec);
  EXPECT_EQ(rollout::not_retried(world.desired, world.record), "");
}

TEST(Rollback, RetryAfterwardsTriesTheShelvedSpecAgain) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  verb(world, records::Verb::Retry);
  world.settle(1h);
  EXPECT_EQ(world.record->course.target.number, 4);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_FALSE(world.record->course.back);
}

TEST(Rollback, SpecThatIsChangedToWhatRunsIsTakenOverInPlace) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  world.want("1");
  world.settle(1h);
  EXPECT_EQ(world.record->course.target.number, 3);
  EXPECT_FALSE(rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now))
      << "nothing is shelved";
}

TEST(Rollback, KeepsTodaysNumberOfReplicas) {
  auto world = installed();
  upgrade(world, "2");
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 5; });
  world.settle(1h);
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_EQ(world.up(), 5);
  EXPECT_EQ(world.fewest_up, 5);
}

TEST(Rollback, TwiceGoesForwardAgainAsKubectlDoes) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_EQ(world.record->course.target.number, 4);
  EXPECT_EQ(world.record->course.back->to_revision, 2);
}

TEST(Rollback, ToAChosenRevision) {
  auto world = installed();
  upgrade(world, "2");
  upgrade(world, "3");
  ASSERT_TRUE(ask(world, 1));
  world.settle(1h);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  EXPECT_EQ(world.record->course.back->to_revision, 1);
}

TEST(Rollback, RefusesWhatMakesNoSense) {
  auto world = installed();
  EXPECT_THAT(refusal(world), HasSubstr("there is no revision before revision 1 (1)"));
  EXPECT_THAT(refusal(world, 1), HasSubstr("revision 1 (1) is what runs"));
  EXPECT_EQ(choose(world, 9).error().code, ErrorCode::not_found);
  EXPECT_THAT(refusal(world, 9), HasSubstr("revision 9 of shop is not on record"));
  world.trouble.sick.insert("2");
  upgrade(world, "2");
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(refusal(world, 2), HasSubstr("revision 2 (2) was never complete (RolledBack)"));
  upgrade(world, "3");
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(refusal(world, 9), HasSubstr("it can go back to revision 1 (1)"));
  EXPECT_EQ(choose(world)->to.number, 1) << "the one before that was ever complete";
  ASSERT_TRUE(ask(world));
  EXPECT_THAT(refusal(world), HasSubstr("rollback of shop is already requested"));
}

TEST(Rollback, SameSpecUnderAnotherNumberIsNoWayBack) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_THAT(refusal(world, 1), HasSubstr("revision 1 (1) is the same as what runs (revision 3 (1))"));
}

TEST(Rollback, BeforeTheOldLeaveIsAnAbort) {
  for (const auto phase :
       {spec::Phase::Migrating, spec::Phase::Starting, spec::Phase::Introducing, spec::Phase::Verifying}) {
    auto world = installed();
    world.want("2");
    ASSERT_TRUE(world.run_to(phase));
    world.watch_traffic();
    EXPECT_THAT(refusal(world, 7), HasSubstr("it can only go back to revision 1 (1)"));
    ASSERT_TRUE(ask(world)) << to_string(phase);
    world.settle(1h);
    EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
    EXPECT_EQ(world.record->outcome.failure, "aborted by ann");
    EXPECT_GE(world.fewest_up, 2);
    EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
  }
}

TEST(Rollback, WhileTheOldAreKeptTheyTakeTheTrafficBackWithoutANewContainer) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = 1h;
  });
  for (int i = 0; i < 300 && world.why.reason != spec::Reason::KeepingOld; ++i) world.pass();
  ASSERT_EQ(world.why.reason, spec::Reason::KeepingOld);
  world.watch_traffic();
  world.performed.clear();
  ASSERT_TRUE(ask(world));
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->outcome.failure, "rolled back by ann");
  EXPECT_THAT(world.performed, Each(Not(HasSubstr("run teal-shop")))) << "nothing has to boot";
  EXPECT_GE(world.fewest_up, 2) << "the new leave once the old serve";
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.record->course.active->number, 1);
  world.settle(24h);
  EXPECT_EQ(world.record->course.target.number, 2) << "not tried again by itself";
}

TEST(Rollback, NothingIsKeptWhereThereIsNothingOld) {
  World world;
  world.desired.application.spec.rollout.keep_old = 10h;
  const auto begun = world.now;
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
  EXPECT_LT(*world.record->outcome.finished_at - begun, 30min);
}

// A replica that was asked to stop runs on for a while; it must not get traffic that dies with it.
TEST(Rollback, OldReplicasThatWereAskedToStopAreReplacedNotRegistered) {
  auto world = installed();
  world.trouble.stubborn = true;
  world.want("2");
  for (int i = 0; i < 300 && world.record->leaving.stopping.size() < 2; ++i) world.pass();
  ASSERT_EQ(world.phase(), spec::Phase::Retiring);
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  for (int i = 0; i < 5; ++i) {
    world.pass();
    for (const auto& server : world.servers()) EXPECT_THAT(server.name, Not(HasSubstr("r1")));
  }
  world.trouble.stubborn = false;
  for (const auto* name : {"teal-shop-api-r1-0", "teal-shop-api-r1-1", "teal-shop-worker-r1-0"}) {
    if (world.find(name)) world.kill(name, 0);
  }
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_GE(world.fewest_up, 2);
  EXPECT_EQ(world.up(), 2);
  EXPECT_TRUE(world.record->restarts.empty()) << "an end that was asked for is no crash";
}

TEST(Rollback, ThatFailsStaysWithWhatServesAndIsNotRolledBackItself) {
  auto world = installed();
  upgrade(world, "2");
  world.trouble.crashing.insert("1");
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  world.settle(24h);
  EXPECT_EQ(world.phase(), spec::Phase::Failed);
  EXPECT_EQ(world.record->course.target.number, 3);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  EXPECT_GE(world.fewest_up, 2);
  world.trouble.crashing.clear();
  verb(world, records::Verb::Retry);
  world.settle(1h);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1") << "retry tries the rollback again";
  EXPECT_EQ(world.record->course.back->to_revision, 1);
}

TEST(Rollback, OfARollbackIsAnAbortThatStaysWithWhatServes) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  EXPECT_THAT(refusal(world), HasSubstr("it is a rollback itself: teal abort shop stays with revision 2 (2)"));
  verb(world, records::Verb::Abort);
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Failed);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

TEST(Rollback, WaitsForNoWindowNoApprovalNoBakeAndKeepsNothing) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.rollout.bake = 2h;
    spec.rollout.keep_old = 2h;
    spec.rollout.approval = spec::Approval::BeforeCutover;
  });
  world.settle(1h);
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.bake = 1s;
    spec.rollout.keep_old = 0s;
    spec.rollout.approval = spec::Approval::None;
  });
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  world.desired.application.spec.rollout.windows = {spec::Window{{}, 0, 1, "UTC"}};
  ASSERT_TRUE(ask(world));
  const auto begun = world.now;
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_LT(*world.record->outcome.finished_at - begun, 1h);
}

}  // namespace
}  // namespace teal::test
