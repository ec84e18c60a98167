// What is said while a rollout stands or goes back names a way that works just then.
#include <gmock/gmock.h>

#include "controllers/status/make_status.hpp"
#include "tests/unit/controllers/asked_rollback.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

World keeping_old() {
  auto world = installed();
  upgrade(world, "2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.rollout.keep_old = 1h;
  });
  for (int i = 0; i < 300 && world.why.reason != spec::Reason::KeepingOld; ++i) world.pass();
  return world;
}

TEST(NextStepNamed, RollbackToAnotherRevisionWhileTheOldAreKeptNamesRollbackAndNotAbort) {
  auto world = keeping_old();
  ASSERT_EQ(world.phase(), spec::Phase::Retiring);
  EXPECT_THAT(refusal(world, 1),
              HasSubstr("it can only go back to revision 2 (2): teal rollback shop, or wait for its end"));
  EXPECT_FALSE(rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now));
  EXPECT_EQ(refusal(world), "accepted");
}

TEST(NextStepNamed, RollbackToAnotherRevisionBeforeTheOldLeaveNamesAbort) {
  auto world = installed();
  upgrade(world, "2");
  world.want("3");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  EXPECT_THAT(refusal(world, 1), HasSubstr("teal abort shop, or wait for its end"));
}

TEST(NextStepNamed, ARollbackWhoseOldReplicasLeaveSaysWhatLeadsBackAfterItsEnd) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  const auto said = refusal(world);
  EXPECT_THAT(said, HasSubstr("once it has ended, teal rollback shop --to-revision 2 leads back to 2"));
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(refusal(world, 2), "accepted") << "as it was said";
}

TEST(NextStepNamed, AHungMigrationThatIsWaitedForSaysHowToEndIt) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  world.trouble.stubborn = true;
  world.want("2");
  for (int i = 0; i < 500 && world.running("default").empty(); ++i) world.pass();
  verb(world, records::Verb::Abort);
  world.pass();
  ASSERT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_THAT(world.why.message,
              HasSubstr("waiting for teal-shop-default-r2-1 to end: a migration is never cut short"));
  EXPECT_THAT(world.why.message,
              HasSubstr("(it is asked to stop after 15m); to end it yourself: engine kill teal-shop-default-r2-1"));
  for (int i = 0; i < 500 && world.record->leaving.stopping.empty(); ++i) world.pass();
  world.pass();
  ASSERT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_THAT(world.why.message,
              HasSubstr("(it was asked to stop and runs on); an admin ends it with: teal end-job shop --job default "
                        "--confirm shop, or by hand: engine kill teal-shop-default-r2-1"));
}

World paused_between_old_and_new() {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
    spec.migration.attempts = 1;
  });
  world.job_ends = [](world::Container container) {
    container.exit_code = 3;
    return container;
  };
  world.settle(2h);
  return world;
}

TEST(NextStepNamed, ARecreateThatIsPausedWhileNothingServesSaysSo) {
  auto world = paused_between_old_and_new();
  ASSERT_TRUE(world.record->orders.paused);
  ASSERT_EQ(world.up(), 0);
  EXPECT_THAT(world.why.message, HasSubstr("nothing serves while it is paused: "));
  EXPECT_THAT(world.why.message, HasSubstr("failed with exit code 3"));
  EXPECT_THAT(world.why.message, HasSubstr("teal retry shop goes on, teal abort shop brings 1 back"));
  verb(world, records::Verb::Abort);
  world.settle(1h);
  EXPECT_EQ(world.up(), 2) << "as it was said";
}

TEST(NextStepNamed, APauseBesideServingReplicasDoesNotClaimThatNothingServes) {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
  });
  world.settle(1h);
  ASSERT_TRUE(world.record->orders.paused);
  EXPECT_THAT(world.why.message, Not(HasSubstr("nothing serves")));
}

TEST(NextStepNamed, AttemptsThatAnOperatorAddsAreNotCountedAgainstTheManifests) {
  auto world = installed();
  world.job_ends = [](world::Container container) {
    container.exit_code = 3;
    return container;
  };
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
    spec.migration.attempts = 2;
  });
  world.settle(1h);
  ASSERT_TRUE(world.record->orders.paused);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("(attempt 2 of 2)"));
  verb(world, records::Verb::Retry);
  world.settle(1h);
  ASSERT_TRUE(world.record->orders.paused);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("(attempt 3)"));
}

TEST(NextStepNamed, APauseAfterAFailedJobNamesNoResumeWhichWouldOnlyPauseAgain) {
  auto world = paused_between_old_and_new();
  world.pass();
  EXPECT_THAT(world.why.message, Not(HasSubstr("teal resume")));
  const auto refused = rollout::apply_verb(*world.record, {records::Verb::Resume, std::nullopt, "ann"}, world.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("only teal retry shop does that step again"));
  world.job_ends = [](world::Container container) { return container; };
  verb(world, records::Verb::Retry);
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << "as it was said";
}

TEST(NextStepNamed, AFailedContractStepDoesNotNameARollbackThatIsRefused) {
  auto world = installed();
  world.job_ends = [](world::Container container) {
    if (container.unit == "contract") container.exit_code = 4;
    return container;
  };
  world.edit([](spec::ApplicationSpec& spec) {
    spec::Job contract;
    contract.name = "contract";
    contract.phase = spec::JobPhase::AfterCutover;
    spec.version = "2";
    spec.migration.jobs.push_back(contract);
  });
  world.settle(1h);
  ASSERT_TRUE(world.record->orders.paused);
  EXPECT_THAT(refusal(world), HasSubstr("has run its post-deployment step"));
  EXPECT_THAT(world.why.message, Not(HasSubstr("teal rollback")));
  const auto aborted = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now);
  ASSERT_FALSE(aborted);
  EXPECT_THAT(aborted.error().message, Not(HasSubstr("teal rollback")));
}

TEST(NextStepNamed, ARollbackAfterAnAutomaticOneHasToNameHowFarBack) {
  auto world = installed();
  upgrade(world, "2");
  world.trouble.sick.insert("3");
  upgrade(world, "3");
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(refusal(world),
              HasSubstr("revision 3 (3) is rolled back already, and revision 2 (2) is what serves; to leave that "
                        "too name a revision (teal rollback shop --to-revision N): it can go back to revision 1 (1)"));
  EXPECT_EQ(refusal(world, 1), "accepted") << "as it was said";
}

TEST(NextStepNamed, SuspendedApplicationThatRunsWhatIsWantedIsHealthyAndSaysThatNothingIsRolledOut) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) { spec.suspend = true; });
  world.settle();
  const auto status_of = [](World& at) {
    return status::make_status(at.desired, at.record, at.observe(), at.why, {}, at.now);
  };
  EXPECT_EQ(status_of(world).phase, "Healthy");
  EXPECT_EQ(status_of(world).message,
            "3 of 3 replicas of version 1 are ready; suspended: nothing is rolled out before spec.suspend is false");
  world.want("2");
  world.settle();
  EXPECT_EQ(status_of(world).phase, "Suspended");
  EXPECT_THAT(status_of(world).message, HasSubstr("nothing is rolled out before spec.suspend is false"));
}

}  // namespace
}  // namespace teal::test
