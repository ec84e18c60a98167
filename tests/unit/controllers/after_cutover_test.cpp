// The post-deployment step of a migration: once no old replica is left, and with no way back from there.
#include <gmock/gmock.h>

#include "controllers/rollout/rollback/rollback.hpp"
#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Version 1 is installed; 2 expands the schema before it starts and contracts it in the end.
World contracting(const std::function<void(spec::ApplicationSpec&)>& change = {}) {
  World world;
  world.settle();
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec::Job job;
    job.name = "contract";
    job.command = {"./upgrade_schema.sh", "contract"};
    job.phase = spec::JobPhase::AfterCutover;
    spec.migration.jobs.push_back(job);
    if (change) change(spec);
  });
  world.watch_traffic();
  return world;
}

// Lets it run until the post-deployment step has its container.
bool run_to_contract(World& world) {
  for (int i = 0; i < 2000 && world.running("contract").empty(); ++i) world.pass();
  return !world.running("contract").empty();
}

TEST(AfterCutover, RunsOnceNoOldReplicaIsLeft) {
  auto world = contracting();
  world.jobs_that_hang = {"contract"};
  ASSERT_TRUE(run_to_contract(world));
  EXPECT_EQ(world.phase(), spec::Phase::Retiring);
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r2-0", "teal-shop-api-r2-1"));
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r2-0"));
  world.kill("teal-shop-contract-r2-1", 0);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["contract"], 1);
  EXPECT_TRUE(world.migrated.contains("contract@digest-2"));
  EXPECT_GE(world.fewest_up, 2);
}

TEST(AfterCutover, WaitsForTheReplicasThatAreKept) {
  auto world = contracting([](spec::ApplicationSpec& spec) { spec.rollout.keep_old = 1h; });
  world.settle(30min);
  EXPECT_EQ(world.why.reason, spec::Reason::KeepingOld);
  EXPECT_EQ(world.job_starts["contract"], 0);
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["contract"], 1);
}

TEST(AfterCutover, FailureHoldsAndSaysWhatToDo) {
  auto world = contracting();
  world.job_ends = [](world::Container container) {
    if (container.unit == "contract") container.exit_code = 4;
    return container;
  };
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Retiring);
  EXPECT_TRUE(world.record->orders.paused);
  EXPECT_EQ(world.record->outcome.failure_reason, spec::Reason::MigrationFailed);
  EXPECT_EQ(world.job_starts["contract"], 3);
  EXPECT_THAT(world.why.message, HasSubstr("migration job contract failed with exit code 4"));
  EXPECT_THAT(world.why.message, HasSubstr("the new version serves, and stays"));
  EXPECT_EQ(world.up(), 2);

  world.job_ends = [](world::Container container) { return container; };
  records::VerbRequest request;
  request.verb = records::Verb::Retry;
  world.record = rollout::apply_verb(*world.record, request, world.now)->next;
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["contract"], 4);
  EXPECT_EQ(world.job_starts["default"], 2) << "what has succeeded is not done again";
}

TEST(AfterCutover, ReplicasThatDieWhileItIsHeldAreReplaced) {
  auto world = contracting([](spec::ApplicationSpec& spec) { spec.migration.idempotent = false; });
  world.job_ends = [](world::Container container) {
    if (container.unit == "contract") container.exit_code = 4;
    return container;
  };
  world.settle(30min);
  ASSERT_TRUE(world.record->orders.paused);
  world.kill("teal-shop-api-r2-0");
  world.settle(30min);
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.job_starts["contract"], 1);
}

TEST(AfterCutover, OfARecreateRunsLastAndThereIsNoWayBackFromIt) {
  auto world = contracting([](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; });
  world.jobs_that_hang = {"contract"};
  ASSERT_TRUE(run_to_contract(world));
  EXPECT_EQ(world.phase(), spec::Phase::Retiring);
  EXPECT_EQ(world.up(), 2);
  records::VerbRequest request;
  request.verb = records::Verb::Abort;
  EXPECT_FALSE(rollout::apply_verb(*world.record, request, world.now));
  world.kill("teal-shop-contract-r2-1", 0);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "2");
}

TEST(AfterCutover, WhoRollsBackIsToldThatItsSchemaIsGone) {
  auto world = contracting();
  world.jobs_that_hang = {"contract"};
  ASSERT_TRUE(run_to_contract(world));
  auto choice = rollout::choose_rollback(world.desired, *world.record, {*world.record}, std::nullopt);
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().message, HasSubstr("contract"));
  world.kill("teal-shop-contract-r2-1", 0);
  world.settle();
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  auto stored = world.history;
  stored.insert(stored.begin(), *world.record);
  choice = rollout::choose_rollback(world.desired, *world.record, stored, 1);
  ASSERT_FALSE(choice);
  EXPECT_THAT(choice.error().message, HasSubstr("revision 1 (1) does not fit the schema any more"));
}

TEST(AfterCutover, BeforeItHasBegunTheWayBackIsOpen) {
  auto world = contracting([](spec::ApplicationSpec& spec) { spec.rollout.keep_old = 1h; });
  world.settle(30min);
  ASSERT_EQ(world.phase(), spec::Phase::Retiring);
  EXPECT_TRUE(rollout::choose_rollback(world.desired, *world.record, world.history, std::nullopt));
}

TEST(AfterCutover, AnotherRolloutOfTheSameImageDoesNotRepeatIt) {
  auto world = contracting();
  world.settle(30min);
  world.edit([](spec::ApplicationSpec& spec) {
    spec.env["COLOUR"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "blue", {}};
  });
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.number, 3);
  EXPECT_EQ(world.job_starts["contract"], 1);
  EXPECT_EQ(world.record->jobs.back().state, records::JobState::NotNeeded);
}

}  // namespace
}  // namespace teal::test
