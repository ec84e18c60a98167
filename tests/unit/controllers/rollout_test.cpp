// The way of a rollout through its phases when all goes well, and what holds on the way.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

int index_of(const World& world, const std::string& key) {
  const auto found = std::ranges::find(world.performed, key);
  return found == world.performed.end() ? -1 : static_cast<int>(found - world.performed.begin());
}

TEST(Rollout, FirstInstallationMigratesOnceAndThenServes) {
  auto world = installed();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["default"], 1);
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r1-0"));
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
}

TEST(Rollout, GoesThroughThePhasesInTheRunbooksOrder) {
  auto world = installed();
  std::vector<spec::Phase> phases;
  for (const auto& span : world.record->standing.phases) {
    phases.push_back(span.phase);
    EXPECT_TRUE(span.finished_at);
  }
  EXPECT_THAT(phases, ElementsAre(spec::Phase::Pending, spec::Phase::Preparing, spec::Phase::Migrating,
                                  spec::Phase::Starting, spec::Phase::Introducing, spec::Phase::Verifying,
                                  spec::Phase::Withdrawing, spec::Phase::Retiring));
}

TEST(Rollout, UpgradeMigratesBeforeAnyNewReplicaAndRetiresTheOldLast) {
  auto world = installed();
  world.performed.clear();
  world.want("2");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["default"], 2);
  EXPECT_LT(index_of(world, "start teal-shop-default-r2-1"), index_of(world, "run teal-shop-api-r2-0"));
  EXPECT_LT(index_of(world, "enable server teal-shop-api-r2-1 in edge/shop_api"),
            index_of(world, "drain server teal-shop-api-r1-0 in edge/shop_api"));
  EXPECT_LT(index_of(world, "delete server teal-shop-api-r1-0 in edge/shop_api"),
            index_of(world, "stop teal-shop-api-r1-0"));
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r2-0", "teal-shop-api-r2-1"));
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r2-0"));
}

TEST(Rollout, ServersInTrafficNeverFallBelowWhatThereWas) {
  auto world = installed();
  world.watch_traffic();
  world.want("2");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_GE(world.fewest_up, 2);
}

TEST(Rollout, KeepsOldReplicaUntilNewServerIsUp) {
  auto world = installed();
  world.failing_actions["enable server teal-shop-api-r2"] = 1000000;
  world.want("2");
  world.settle(2min);
  EXPECT_EQ(world.phase(), spec::Phase::Introducing);
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.why.message, HasSubstr("scripted failure"));
}

TEST(Rollout, WaitsForSessionsBeforeItStopsAnOldReplica) {
  auto world = installed();
  world.sessions = 3;
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  const auto begun = world.now;
  for (int i = 0; i < 50; ++i) world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::Withdrawing);
  EXPECT_THAT(world.why.message, HasSubstr("3 sessions"));
  EXPECT_THAT(world.running("api"), Contains("teal-shop-api-r1-0"));
  for (auto& slot : world.slots) slot.seen.sessions = 0;
  world.sessions = 0;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_LT(world.now - begun, 60s + 5min);
  EXPECT_FALSE(world.has_event("DrainTimedOut"));
}

TEST(Rollout, CutsSessionsWhenTheDrainTimeIsOverAndSaysSo) {
  auto world = installed();
  world.sessions = 3;
  world.want("2");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_TRUE(world.has_event("DrainTimedOut"));
}

TEST(Rollout, GivesTheWholeDrainTimeWhereSessionsCannotBeCounted) {
  auto world = installed();
  world.sessions.reset();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  const auto begun = world.now;
  for (int i = 0; i < 50; ++i) world.pass();
  EXPECT_THAT(world.why.message, HasSubstr("waits for its full drain time"));
  EXPECT_THAT(world.why.message, HasSubstr("load balancer edge cannot say how many sessions it has"));
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_GE(world.now - begun, 60s) << "the drain of api";
  EXPECT_FALSE(world.has_event("DrainTimedOut")) << "nobody saw that any were left";
  EXPECT_EQ(std::ranges::count(world.performed, "delete server teal-shop-api-r1-0 in edge/shop_api"), 1);
}

TEST(Rollout, ASignalOfBeforeTheStopWasDecidedOnIsNotTheStop) {
  auto world = installed();
  world.now += 1min;
  for (auto& box : world.boxes) box.seen.signalled_at = world.now - 30s;  // by a person
  world.want("2");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-worker-r1-0"), 1);
  EXPECT_FALSE(world.has_event("StopTimedOut"));
}

TEST(Rollout, SendsOneStopSignalAndWaitsOutItsGrace) {
  auto world = installed();
  world.trouble.stubborn = true;
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  const auto begun = world.now;
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-worker-r1-0"), 1);
  EXPECT_TRUE(world.has_event("StopTimedOut"));
  const auto retired = world.record->standing.phases.back();
  EXPECT_GE(*retired.finished_at - begun, 620s) << "the worker's grace";
}

TEST(Rollout, SuccessfulMigrationIsNotRepeatedForTheSameImage) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) { spec.env["COLOUR"] = spec::ValueSource{}; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.number, 2) << "a changed spec is a new revision";
  EXPECT_EQ(world.job_starts["default"], 1);
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::NotNeeded);
}

TEST(Rollout, NeverRunsOldAndNewOfAStopFirstComponentTogether) {
  World world;
  world.desired.application.spec.components[1].replace = spec::Replace::StopFirst;
  world.settle();
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  world.want("2");
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    world.pass();
    most = std::max(most, world.running("worker").size());
  }
  EXPECT_EQ(most, 1u);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r2-0"));
}

TEST(Rollout, ANewerSpecSupersedesARolloutThatHasNotCutOver) {
  auto world = installed();
  world.watch_traffic();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.want("3");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
  ASSERT_FALSE(world.history.empty());
  EXPECT_EQ(world.history.back().standing.phase, spec::Phase::Superseded);
  EXPECT_GE(world.fewest_up, 2);
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1"));
}

TEST(Rollout, ARolloutThatHasCutOverIsFinishedBeforeANewerOneStarts) {
  auto world = installed();
  world.sessions = 1;
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.want("3");
  world.settle();
  EXPECT_EQ(world.history.back().standing.phase, spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
}

TEST(Rollout, GoingBackToTheActiveSpecNeedsNoRollout) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.want("1");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Superseded);
  EXPECT_EQ(world.record->course.active->number, 1);
  EXPECT_EQ(world.record->generation, world.desired.generation);
  EXPECT_EQ(world.up(), 2);
}

TEST(Rollout, OldReplicasAreNotStoppedWhileTheLoadBalancerCannotConfirmTheDrain) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.balancer_down = true;
  for (int i = 0; i < 100; ++i) world.pass();
  EXPECT_THAT(world.running("api"), Contains("teal-shop-api-r1-0"));
  EXPECT_THAT(world.why.message, HasSubstr("refused"));
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Rollout, KeepsOldReplicasAsLongAsAsked) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = 10min;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  const auto begun = world.now;
  while (world.phase() == spec::Phase::Retiring && world.now < begun + 9min) world.pass();
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_GE(*world.record->standing.phases.back().finished_at - begun, 10min);
}

TEST(Rollout, RecreateStopsTheOldBeforeItMigrates) {
  auto world = installed();
  world.performed.clear();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.strategy = spec::Strategy::Recreate;
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_LT(index_of(world, "stop teal-shop-api-r1-0"), index_of(world, "start teal-shop-default-r2-1"));
  EXPECT_EQ(world.up(), 2);
}

TEST(Rollout, ApprovalHoldsItBeforeTheMigration) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeMigration;
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::AwaitingApproval);
  EXPECT_EQ(world.job_starts["default"], 1);
  world.record->orders.approved = true;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Rollout, ApprovalHoldsItBeforeTheCutover) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeCutover;
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::AwaitingApproval);
  EXPECT_EQ(world.up(), 4) << "old and new both serve while somebody decides";
  world.record->orders.approved = true;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

}  // namespace
}  // namespace teal::test
