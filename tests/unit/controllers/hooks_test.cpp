// Hooks: jobs beside the migration, each at its point, once per rollout; a rollback is never held up by one.
#include "controllers/rollout/jobs/hooks.hpp"

#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

spec::Job hook(const std::string& name, bool required = true) {
  spec::Job job;
  job.name = name;
  job.command = {"./" + name};
  job.required = required;
  return job;
}

// One hook at each point, on top of an installed version 1.
World hooked(const std::function<void(spec::ApplicationSpec&)>& change = {}) {
  World world;
  world.settle();
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.hooks.before_migration = {hook("backup")};
    spec.hooks.after_migration = {hook("grants")};
    spec.hooks.before_cutover = {hook("smoke")};
    spec.hooks.after_cutover = {hook("warm")};
    spec.hooks.on_rollback = {hook("tell")};
    if (change) change(spec);
  });
  world.performed.clear();
  world.watch_traffic();
  return world;
}

// The jobs in the order in which they were started.
std::vector<std::string> started(const World& world) {
  std::vector<std::string> names;
  for (const auto& key : world.performed) {
    if (!key.starts_with("start ")) continue;
    const auto name = key.substr(std::string{"start teal-shop-"}.size());
    names.push_back(name.substr(0, name.find("-r")));
  }
  return names;
}

records::JobState state_of(const World& world, std::string_view name) {
  return std::ranges::find(world.record->hooks, name, &records::JobRecord::job)->state;
}

// Fails the jobs of this name, each time.
void let_fail(World& world, const std::string& name) {
  world.job_ends = [name](world::Container container) {
    if (container.unit == name) container.exit_code = 3;
    return container;
  };
}

TEST(Hooks, RunAtTheirPointsInOrderEachOnce) {
  auto world = hooked();
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(started(world), ElementsAre("backup", "default", "grants", "smoke", "warm"));
  EXPECT_EQ(state_of(world, "warm"), records::JobState::Succeeded);
  EXPECT_EQ(state_of(world, "tell"), records::JobState::NotNeeded);
  EXPECT_FALSE(world.migrators_met);
  EXPECT_GE(world.fewest_up, 2);
  EXPECT_FALSE(world.migrated.contains("backup@digest-2")) << "a hook is no migration: nothing of it is remembered";
}

TEST(Hooks, SmokeTestRunsWhileBothServeAndWarmUpOnceOnlyTheNewDoes) {
  auto world = hooked();
  world.jobs_that_hang = {"smoke", "warm"};
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  for (int i = 0; i < 200 && world.running("smoke").empty(); ++i) world.pass();
  EXPECT_EQ(world.why.reason, spec::Reason::RunningHook);
  EXPECT_THAT(world.why.message, HasSubstr("beforeCutover hook smoke (attempt 1)"));
  EXPECT_EQ(world.up(), 4);
  world.kill("teal-shop-smoke-r2-1", 0);
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  for (int i = 0; i < 200 && world.running("warm").empty(); ++i) world.pass();
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.running("api").size(), 4u) << "the old replicas still run: the way back is short";
  world.kill("teal-shop-warm-r2-1", 0);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Hooks, OfTheMigrationAreNotNeededWhenNothingMigrates) {
  auto world = hooked();
  world.migrated.insert("default@digest-2");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(started(world), ElementsAre("smoke", "warm"));
  EXPECT_EQ(state_of(world, "backup"), records::JobState::NotNeeded);
}

TEST(Hooks, BackupThatFailsMeansThatNothingIsMigrated) {
  auto world = hooked();
  let_fail(world, "backup");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->outcome.failure_reason, spec::Reason::HookFailed);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("beforeMigration hook backup failed with exit code 3"));
  EXPECT_THAT(started(world), ElementsAre("backup", "backup", "backup", "tell"));
  EXPECT_EQ(world.up(), 2);
}

TEST(Hooks, ThatIsNotIdempotentIsNotRepeated) {
  auto world = hooked([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
  let_fail(world, "backup");
  world.settle(30min);
  EXPECT_THAT(started(world), ElementsAre("backup", "tell"));
}

TEST(Hooks, ThatIsNotRequiredStopsNothing) {
  auto world = hooked([](spec::ApplicationSpec& spec) { spec.hooks.before_migration = {hook("backup", false)}; });
  let_fail(world, "backup");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(state_of(world, "backup"), records::JobState::Failed);
  EXPECT_TRUE(world.has_event("HookFailed"));
  EXPECT_EQ(std::ranges::count(world.events, spec::Reason::HookFailed, &records::Event::reason), 1);
}

TEST(Hooks, SmokeTestThatFailsRollsBackBeforeTheOldLeave) {
  auto world = hooked();
  let_fail(world, "smoke");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(started(world).back(), "tell");
  EXPECT_EQ(state_of(world, "tell"), records::JobState::Succeeded);
  EXPECT_GE(world.fewest_up, 2);
}

TEST(Hooks, OfARollbackRunOnceTheTrafficIsBack) {
  auto world = hooked();
  let_fail(world, "smoke");
  world.jobs_that_hang = {"tell"};
  for (int i = 0; i < 1000 && world.running("tell").empty(); ++i) world.pass();
  ASSERT_THAT(world.running("tell"), ElementsAre("teal-shop-tell-r2-1"));
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
  EXPECT_EQ(world.servers().size(), 2u);
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack)
      << "it was asked to stop after its time, and not waited for any longer";
}

TEST(Hooks, OfARollbackThatFailsDoesNotStandInItsWay) {
  auto world = hooked();
  world.job_ends = [](world::Container container) {
    if (container.unit == "smoke" || container.unit == "tell") container.exit_code = 1;
    return container;
  };
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->outcome.failure_reason, spec::Reason::HookFailed);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("smoke"));
  EXPECT_EQ(state_of(world, "tell"), records::JobState::Failed);
}

TEST(Hooks, ANewerSpecIsNoRollback) {
  auto world = hooked();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.want("3");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["tell"], 0);
}

// After the cutover nothing leads back by itself: the rollout holds, and an operator decides.
TEST(Hooks, AfterTheCutoverAFailureHoldsUntilItIsRetried) {
  auto world = hooked();
  let_fail(world, "warm");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Retiring);
  EXPECT_TRUE(world.record->orders.paused);
  EXPECT_EQ(world.why.reason, spec::Reason::Paused);
  EXPECT_THAT(world.why.message, HasSubstr("afterCutover hook warm failed with exit code 3"));
  EXPECT_THAT(world.why.message, HasSubstr("teal retry shop does this step again"));
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.running("api").size(), 4u);

  world.job_ends = [](world::Container container) { return container; };
  records::VerbRequest request;
  request.verb = records::Verb::Retry;
  const auto retried = rollout::apply_verb(*world.record, request, world.now);
  ASSERT_TRUE(retried);
  world.record = retried->next;
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["warm"], 4);
  EXPECT_EQ(world.job_starts["smoke"], 1);
  EXPECT_EQ(world.job_starts["default"], 2);
  EXPECT_THAT(world.record->outcome.failure, IsEmpty());
}

TEST(Hooks, AfterTheCutoverANewerSpecPassesTheFailureOver) {
  auto world = hooked();
  let_fail(world, "warm");
  world.settle(30min);
  ASSERT_TRUE(world.record->orders.paused);
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.hooks.after_cutover.clear();
  });
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
  EXPECT_EQ(world.history.back().standing.phase, spec::Phase::Complete);
  EXPECT_TRUE(world.has_event("GivenUp"));
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1"));
}

TEST(Hooks, OfARecreateRunAfterItIsVerified) {
  auto world = hooked([](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; });
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(started(world), ElementsAre("backup", "default", "grants", "smoke", "warm"));
  EXPECT_EQ(std::ranges::count(world.record->standing.phases, spec::Phase::Retiring, &records::PhaseSpan::phase), 2);
}

TEST(Hooks, AJobThatRunsIsNotCutShortByAnAbort) {
  auto world = hooked();
  world.jobs_that_hang = {"smoke"};
  for (int i = 0; i < 500 && world.running("smoke").empty(); ++i) world.pass();
  records::VerbRequest request;
  request.verb = records::Verb::Abort;
  world.record = rollout::apply_verb(*world.record, request, world.now)->next;
  world.pass();  // time goes on to its timeout then
  EXPECT_THAT(world.running("smoke"), ElementsAre("teal-shop-smoke-r2-1"));
  EXPECT_EQ(world.phase(), spec::Phase::RollingBack);
  world.kill("teal-shop-smoke-r2-1", 0);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
}

TEST(Hooks, AreToldWhatIsHappening) {
  auto world = hooked();
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  using Pair = std::pair<std::string, std::string>;
  EXPECT_THAT(rollout::hook_variables(*world.record),
              ElementsAre(Pair{"TEAL_APPLICATION", "shop"}, Pair{"TEAL_FROM_VERSION", "1"},
                          Pair{"TEAL_TO_VERSION", "2"}, Pair{"TEAL_REVISION", "2"}, Pair{"TEAL_REASON", "Upgrade"}));
  auto record = *world.record;
  record.standing.phase = spec::Phase::RollingBack;
  record.outcome.failure_reason = spec::Reason::HealthCheckFailed;
  EXPECT_EQ(rollout::hook_variables(record).back().second, "HealthCheckFailed");
  record = *world.record;
  record.course.from_version = "2";
  EXPECT_EQ(rollout::hook_variables(record).back().second, "Change");
  record.course.active.reset();
  EXPECT_EQ(rollout::hook_variables(record).back().second, "Install");
}

}  // namespace
}  // namespace teal::test
