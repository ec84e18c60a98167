// What edits do to a rollout that is under way, or that has failed.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

void want(World& world, const std::string& version) { world.want(version); }

TEST(Supersede, SpecThatComesBackWhileItsRolloutIsBeingTakenBackIsRolledOutAfterAll) {
  auto world = installed();
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  want(world, "3");
  ASSERT_TRUE(world.run_to(spec::Phase::RollingBack));
  want(world, "2");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

TEST(Supersede, EndOfAMigrationThatWasOvertakenIsPutOnRecord) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 5 && world.job_starts["default"] < 2; ++i) world.pass();
  want(world, "3");
  ASSERT_TRUE(world.run_to(spec::Phase::RollingBack));
  EXPECT_EQ(world.why.reason, spec::Reason::MigrationStillRunning);
  world.jobs_that_hang.clear();
  world.kill("teal-shop-default-r2-1", 0);
  world.settle();
  ASSERT_FALSE(world.history.empty());
  EXPECT_EQ(world.history.back().standing.phase, spec::Phase::Superseded);
  EXPECT_EQ(world.history.back().jobs.front().state, records::JobState::Succeeded);
  EXPECT_FALSE(world.migrators_met);
  want(world, "2");
  world.settle();
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::NotNeeded) << "M3: it was done for this image";
}

TEST(Supersede, AbortWaitsForTheMigrationAndRecordsHowItEnded) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 5 && world.job_starts["default"] < 2; ++i) world.pass();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now)->next;
  world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_EQ(world.why.reason, spec::Reason::MigrationStillRunning);
  world.kill("teal-shop-default-r2-1", 0);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::Aborted);
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::Succeeded);
}

TEST(Supersede, FailedJobIsNotRepeatedOnceTheRolloutIsBeingTakenBack) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 5 && world.job_starts["default"] < 2; ++i) world.pass();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now)->next;
  world.pass();
  world.kill("teal-shop-default-r2-1", 3);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.job_starts["default"], 2);
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::Failed);
  EXPECT_FALSE(world.has_event("MigrationAttemptFailed"));
}

TEST(Supersede, EndOfAMigrationIsPutOnRecordWhilePausedAndTheNextJobWaits) {
  World world;
  spec::Job second;
  second.name = "second";
  world.desired.application.spec.migration.jobs.push_back(second);
  world.settle();
  world.jobs_that_hang.insert("default");
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 5 && world.job_starts["default"] < 2; ++i) world.pass();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Pause, std::nullopt, "ann"}, world.now)->next;
  world.pass();
  world.kill("teal-shop-default-r2-1", 0);
  for (int i = 0; i < 5; ++i) world.pass();
  EXPECT_EQ(world.record->jobs[0].state, records::JobState::Succeeded);
  EXPECT_EQ(world.record->jobs[1].state, records::JobState::Pending);
  EXPECT_EQ(world.job_starts["second"], 1);
  world.record = rollout::apply_verb(*world.record, {records::Verb::Resume, std::nullopt, "ann"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

// Load balancers hear of it with the next pass, which nothing else would cause.
TEST(Supersede, WhatComesIntoForceWithoutARolloutIsFollowedByAnotherPassAtOnce) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].load_balancer->routes = {{"shop.example.com"}}; });
  const auto decision = rollout::decide(world.desired, world.record, world.observe(), world.now);
  ASSERT_TRUE(decision.next);
  EXPECT_EQ(decision.next->generation, world.desired.generation);
  EXPECT_EQ(decision.wake_at, world.now);
  world.pass();
  const auto next = rollout::decide(world.desired, world.record, world.observe(), world.now);
  EXPECT_NE(next.wake_at, std::optional{world.now}) << "and by no further one";
}

TEST(Supersede, ScalingAfterARollbackNeitherRetriesNorHidesTheFailure) {
  auto world = installed();
  world.trouble.sick.insert("2");
  want(world, "2");
  world.settle(30min);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->course.target.number, 2);
  EXPECT_EQ(world.record->generation, world.desired.generation);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("503"));
  world.trouble.sick.clear();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.up(), 3);
}

TEST(Supersede, PolicyThatWasMendedAfterARollbackIsTriedAgain) {
  auto world = installed();
  world.has_image = false;
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.pull_policy = spec::PullPolicy::Never;
  });
  world.settle();
  ASSERT_EQ(world.record->outcome.reason, spec::Reason::ImageNotFound);
  world.has_image = true;
  world.edit([](spec::ApplicationSpec& spec) { spec.pull_policy = spec::PullPolicy::IfNotPresent; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

TEST(Supersede, RetryOfWhatIsActiveAlreadyStartsNothing) {
  auto world = installed();
  world.trouble.sick.insert("2");
  want(world, "2");
  world.settle(30min);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  want(world, "1");
  world.settle();
  EXPECT_EQ(world.record->course.target.number, 2);
  EXPECT_EQ(world.record->course.active->number, 1);
}

TEST(Supersede, NewerVersionEndsTheKeepingOfTheOldReplicas) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = 24h;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  const auto begun = world.now;
  want(world, "3");
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.keep_old = 0s; });
  world.settle();
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
  EXPECT_LT(world.record->started_at - begun, 1h);
}

TEST(Supersede, ApprovalThatIsNoLongerAskedForIsNotWaitedFor) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeCutover;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::AwaitingApproval));
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::None; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Supersede, RollbackThatCannotBringTheOldVersionBackMakesWayForANewerSpec) {
  auto world = installed();
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.failing_actions["run teal-shop-api-r1"] = 1000000;
  std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.revision == 1 && one.seen.unit == "api"; });
  world.pass();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now)->next;
  world.settle(20min);
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_EQ(world.up(), 2) << "what serves stays, since the old version does not come back";
  want(world, "3");
  world.settle(20min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1"));
}

TEST(Supersede, RecreatedVersionServesUntilTheNewerOneIsReadyToStopIt) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  ASSERT_EQ(world.up(), 2);
  world.has_image = false;  // of version 3, for a while
  want(world, "3");
  for (int i = 0; i < 20; ++i) {
    world.pass();
    EXPECT_EQ(world.up(), 2) << "the image is not even here: " << world.why.message;
  }
  world.has_image = true;
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1"));
}

}  // namespace
}  // namespace teal::test
