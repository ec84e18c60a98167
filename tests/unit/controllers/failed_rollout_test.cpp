// What happens when it goes wrong: the old version keeps serving, and the record says why.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

void upgrade(World& world) {
  world.want("2");
  world.settle(30min);
}

void expect_rolled_back(const World& world) {
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  EXPECT_EQ(world.up(), 2);
  EXPECT_GE(world.fewest_up, 2) << "the old servers stay in traffic all the time";
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
  EXPECT_EQ(world.servers().size(), 2u);
}

world::Container failed_job(world::Container container) {
  container.exit_code = 3;
  return container;
}

TEST(FailedRollout, MigrationThatFailsIsTriedAsOftenAsAllowedThenTheOldVersionStays) {
  auto world = installed();
  world.job_ends = failed_job;
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.job_starts["default"], 1 + 3);
  EXPECT_FALSE(world.migrators_met);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::MigrationFailed);
  EXPECT_THAT(world.record->outcome.failure,
              HasSubstr("exit code 3: last words of teal-shop-default-r2-3 (attempt 3 of 3)"));
}

TEST(FailedRollout, JobThatIsNotIdempotentIsNeverRepeated) {
  auto world = installed();
  world.job_ends = failed_job;
  world.edit([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.job_starts["default"], 1 + 1);
}

TEST(FailedRollout, ExitCodeZeroThatNobodyWitnessedIsUnknown) {
  auto world = installed();
  world.job_ends = [](world::Container container) {
    container.exit_witnessed = false;
    return container;
  };
  world.edit([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::MigrationUnknown);
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::Unknown);
}

TEST(FailedRollout, VanishedJobContainerIsUnknownAndNotRepeatedBlindly) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.migration.idempotent = false;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  for (int i = 0; i < 3; ++i) world.pass();
  std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.role == world::Role::Migrate; });
  world.settle();
  expect_rolled_back(world);
  EXPECT_EQ(world.job_starts["default"], 2);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::MigrationUnknown);
}

TEST(FailedRollout, HangingMigrationIsAskedToStopOnceAfterItsTimeout) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.job_starts["default"], 2) << "a timed-out job is not repeated by itself";
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::MigrationTimedOut);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-default-r2-1"), 1);
}

TEST(FailedRollout, MigrationThatIgnoresItsStopIsNeitherKilledNorJoinedByAnother) {
  auto world = installed();
  world.jobs_that_hang.insert("default");
  world.trouble.stubborn = true;
  upgrade(world);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(world.running("default"), ElementsAre("teal-shop-default-r2-1"));
  world.want("3");
  for (int i = 0; i < 10 && world.why.reason != spec::Reason::MigrationStillRunning; ++i) world.pass();
  EXPECT_EQ(world.job_starts["default"], 2);
  EXPECT_THAT(world.why.message, HasSubstr("no second migrator is started"));
  world.jobs_that_hang.clear();
  world.trouble.stubborn = false;
  world.now -= 10min;  // the wait above let time run to the phase's deadline
  world.kill("teal-shop-default-r2-1");
  world.settle();
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
  EXPECT_FALSE(world.migrators_met);
}

TEST(FailedRollout, VersionThatNeverGetsHealthyIsRolledBackWithItsAnswer) {
  auto world = installed();
  world.trouble.sick.insert("2");
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::HealthCheckFailed);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("did not become healthy within 2m"));
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("503: database unreachable"));
}

TEST(FailedRollout, VersionThatCrashesIsRolledBackWithItsLastWords) {
  auto world = installed();
  world.trouble.crashing.insert("2");
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::ReplicaExited);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("exited with code 1: last words of teal-shop-"));
}

TEST(FailedRollout, VersionThatTurnsSickDuringTheBakeIsRolledBack) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.trouble.sick.insert("2");
  world.settle();
  expect_rolled_back(world);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("503: database unreachable"));
}

TEST(FailedRollout, ReplicaThatDiesDuringTheBakeRollsBack) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.kill("teal-shop-api-r2-0", 139);
  world.settle();
  expect_rolled_back(world);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("exited with code 139"));
}

TEST(FailedRollout, HoldsWhenOldReplicasFailTheSameCheckAtTheSameTime) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.trouble.sick = {"1", "2"};
  for (int i = 0; i < 200; ++i) world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::Verifying);
  EXPECT_EQ(world.why.reason, spec::Reason::SharedDependencyDown);
  world.trouble.sick.clear();
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(FailedRollout, RolledBackSpecIsNotTriedAgainUntilItChanges) {
  auto world = installed();
  world.trouble.sick.insert("2");
  upgrade(world);
  const auto revision = world.record->course.target.number;
  world.settle(24h);
  EXPECT_EQ(world.record->course.target.number, revision);
  world.want("3");
  world.settle();
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
}

TEST(FailedRollout, FirstInstallationThatFailsEndsFailedAndLeavesNoReplica) {
  World world;
  world.trouble.sick.insert("1");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Failed);
  EXPECT_TRUE(world.running("api").empty());
  EXPECT_TRUE(world.servers().empty());
}

TEST(FailedRollout, MissingImageWithoutPullingFailsAtOnce) {
  auto world = installed();
  world.has_image = false;
  world.edit([](spec::ApplicationSpec& spec) { spec.pull_policy = spec::PullPolicy::Never; });
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::ImageNotFound);
}

TEST(FailedRollout, ImageThatTheRegistryDoesNotHaveFailsAfterThreeTries) {
  auto world = installed();
  world.has_image = false;
  world.failing_code = ErrorCode::not_found;
  world.failing_actions["pull"] = 1000;
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::ImagePullFailed);
  EXPECT_EQ(std::ranges::count(world.performed, "pull shop:2"), 3);
}

TEST(FailedRollout, UnreachableRegistryIsRetriedUntilTheDeadline) {
  auto world = installed();
  world.has_image = false;
  world.failing_actions["pull"] = 1000000;
  const auto begun = world.now;
  world.want("2");
  world.settle(2h);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::DeadlineExceeded);
  EXPECT_GE(*world.record->outcome.finished_at - begun, 30min);
}

TEST(FailedRollout, ReplicaThatCannotBeCreatedNamesTheReason) {
  auto world = installed();
  world.failing_code = ErrorCode::denied;
  world.failing_actions["run teal-shop-api-r2"] = 1000;
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::ReplicaNotStarted);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("scripted failure"));
}

TEST(FailedRollout, PausesWhereItStandsWhenAskedTo) {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.on_failure = spec::OnFailure::Pause; });
  upgrade(world);
  EXPECT_TRUE(world.record->orders.paused);
  EXPECT_EQ(world.phase(), spec::Phase::Starting);
  EXPECT_EQ(world.running("api").size(), 4u) << "everything is left as it is";
  ASSERT_EQ(std::ranges::count(world.events, spec::Reason::Paused, &records::Event::reason), 1)
      << "people outside are told of this word";
  const auto& told = *std::ranges::find(world.events, spec::Reason::Paused, &records::Event::reason);
  EXPECT_TRUE(told.warning);
  EXPECT_THAT(told.message,
              HasSubstr("paused where it stands: " + std::string{to_string(world.record->outcome.failure_reason)}));
  const auto aborted = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now);
  ASSERT_TRUE(aborted) << aborted.error().message;
  world.record = aborted->next;
  world.settle();
  expect_rolled_back(world);
}

TEST(FailedRollout, FailingStopFirstReplacementBringsTheOldWorkerBack) {
  World world;
  world.desired.application.spec.components[1].replace = spec::Replace::StopFirst;
  world.settle();
  world.watch_traffic();
  world.failing_code = ErrorCode::invalid;
  world.failing_actions["run teal-shop-worker-r2"] = 1000;
  upgrade(world);
  expect_rolled_back(world);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r1-0"));
}

TEST(FailedRollout, RecreateThatFailsBringsTheOldVersionBack) {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; });
  upgrade(world);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.up(), 2);
}

TEST(FailedRollout, CrashLoopOfAnActiveReplicaIsSlowedDown) {
  auto world = installed();
  int kills = 0;
  const auto end = world.now + 1h;
  for (int i = 0; i < 5000 && world.now < end; ++i) {
    if (auto* container = world.find("teal-shop-api-r1-1");
        container && container->state == world::ContainerState::Running) {
      world.kill("teal-shop-api-r1-1");
      ++kills;
    }
    if (!world.pass()) world.now += 1s;
  }
  EXPECT_GT(kills, 5);
  EXPECT_LT(kills, 40);
  EXPECT_EQ(world.up(), 1) << "the other replica is not touched";
}

}  // namespace
}  // namespace teal::test
