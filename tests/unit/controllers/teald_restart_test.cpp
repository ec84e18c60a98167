// teald dies at bad moments, forgets what it only remembered, and is away for long.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void want(World& world, const std::string& version) { world.want(version); }

// One pass of which only the record survives.
void die_before_performing(World& world) {
  world.loses_actions = true;
  world.pass();
  world.loses_actions = false;
}

TEST(TealdRestart, StopThatWasNeverSentDoesNotBecomeAKill) {
  auto world = installed();
  want(world, "2");
  while (world.record->leaving.stopping.empty()) {
    const auto before = world;
    die_before_performing(world);
    if (!world.record->leaving.stopping.empty()) break;
    world = before;
    world.pass();
  }
  world.now += 1h;  // longer than the worker's grace of 620 s
  world.trouble.stubborn = true;
  const auto back = world.now;
  for (int i = 0; i < 50 && world.now < back + 10min; ++i) world.pass();
  EXPECT_THAT(world.running("worker"), testing::Contains("teal-shop-worker-r1-0"))
      << "its grace begins with the signal";
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-worker-r1-0"), 1);
}

TEST(TealdRestart, EngineWithoutMemoryOfSignalsEndsInOneKillAllTheSame) {
  auto world = installed();
  world.trouble.stubborn = true;
  world.forgets_signals = true;
  want(world, "2");
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(TealdRestart, JobThatWasDecidedOnButNeverCreatedIsNotUnknown) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.migration.idempotent = false;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 3; ++i) die_before_performing(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["default"], 2);
}

TEST(TealdRestart, TimedOutJobIsAskedToStopEvenIfTealdDiedBeforeItCould) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 5 && world.job_starts["default"] < 2; ++i) world.pass();
  world.now += 16min;
  die_before_performing(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-default-r2-1"), 1);
  EXPECT_THAT(world.running("default"), IsEmpty());
}

TEST(TealdRestart, RestartDuringALongBakeDoesNotRollBack) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.bake = 2h;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.now += 10min;  // longer than health.startup
  world.knows_nothing_of_health = true;
  world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::Verifying) << world.record->outcome.failure;
  world.knows_nothing_of_health = false;
  world.settle(4h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(TealdRestart, RetryOfAPausedRolloutForgetsWhatFailedBefore) {
  auto world = installed();
  world.failing_code = ErrorCode::denied;
  world.failing_actions["run teal-shop-api-r2"] = 6;
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
  });
  for (int i = 0; i < 100 && !(world.record && world.record->orders.paused); ++i) world.pass();
  ASSERT_TRUE(world.record->orders.paused);
  world.now += 1min;
  world.failing_actions.clear();
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.record->outcome.failure;
}

TEST(TealdRestart, RetryOfAPausedRolloutReplacesTheReplicaThatDied) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.kill("teal-shop-api-r2-0");
  for (int i = 0; i < 10 && !world.record->orders.paused; ++i) world.pass();
  ASSERT_TRUE(world.record->orders.paused);
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.record->outcome.failure;
}

TEST(TealdRestart, RetryAfterARollbackAsksTheRegistryAgain) {
  auto world = installed();
  world.has_image = false;
  world.failing_code = ErrorCode::not_found;
  world.failing_actions["pull"] = 3;
  want(world, "2");
  world.settle();
  ASSERT_EQ(world.record->outcome.reason, spec::Reason::ImagePullFailed);
  world.now += 1min;
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
  for (int i = 0; i < 20 && std::ranges::count(world.performed, "pull shop:2") < 4; ++i) world.pass();
  world.has_image = true;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.record->outcome.failure;
}

TEST(TealdRestart, DeletionWaitsForALoadBalancerThatMayStillHoldAServer) {
  auto world = installed();
  world.kill("teal-shop-api-r1-0");
  world.kill("teal-shop-api-r1-1");
  world.balancer_down = true;
  world.desired.deleting = true;
  for (int i = 0; i < 50; ++i) world.pass();
  EXPECT_FALSE(world.erased);
  EXPECT_THAT(world.why.message, HasSubstr("refused"));
  world.balancer_down = false;
  world.settle();
  EXPECT_TRUE(world.erased);
  EXPECT_THAT(world.servers(), IsEmpty());
}

TEST(TealdRestart, DeletionAsksAJobThatRunsTooLongToStop) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  want(world, "2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 5 && world.job_starts["default"] < 2; ++i) world.pass();
  world.desired.deleting = true;
  world.pass();
  EXPECT_THAT(world.running("default"), ElementsAre("teal-shop-default-r2-1")) << "M5";
  world.settle(1h);
  EXPECT_TRUE(world.erased);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-default-r2-1"), 1);
}

// Simulation seed 318.
TEST(TealdRestart, EditBetweenTwoAttemptsCountsForTheNextOne) {
  auto world = installed();
  world.job_ends = [](world::Container container) {
    container.exit_code = 3;
    return container;
  };
  want(world, "2");
  for (int i = 0; i < 100 && world.job_starts["default"] < 2; ++i) world.pass();
  while (world.record->jobs.front().state == records::JobState::Running) world.pass();
  ASSERT_EQ(world.record->jobs.front().attempts, 1);
  ASSERT_EQ(world.phase(), spec::Phase::Migrating) << "another attempt is to follow";
  world.edit([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.job_starts["default"], 1 + 1) << "M4";
}

TEST(TealdRestart, EditCountsForAnAttemptThatIsNotStartedYet) {
  for (const bool asked : {false, true}) {
    auto world = installed();
    world.edit([](spec::ApplicationSpec& spec) { spec.rollout.on_failure = spec::OnFailure::Pause; });
    world.job_ends = [](world::Container container) {
      container.exit_code = 3;
      return container;
    };
    if (asked) world.edit([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
    want(world, "2");
    if (asked) {
      world.settle();
      ASSERT_TRUE(world.record->orders.paused);
      world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "ann"}, world.now)->next;
    }
    for (int i = 0; i < 100 && world.record->jobs.front().attempts < 2; ++i) {
      const auto before = world;
      die_before_performing(world);
      if (world.record->jobs.front().attempts == 2) break;
      world = before;
      world.pass();
    }
    ASSERT_EQ(world.record->jobs.front().attempts, 2);
    ASSERT_EQ(world.job_starts["default"], 1 + 1);
    world.edit([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
    world.settle(1h);
    EXPECT_TRUE(world.record->orders.paused);
    EXPECT_EQ(world.job_starts["default"], asked ? 1 + 2 : 1 + 1) << "an operator's word counts more than the manifest";
    EXPECT_EQ(world.record->jobs.front().state, records::JobState::Failed);
  }
}

}  // namespace
}  // namespace teal::test
