// A guarded migration job that is met a second time: by a later life of its application, after a pause, and by a clock
// that was set back. Found by simulation.
#include <gmock/gmock.h>

#include "tests/unit/controllers/job_under_lock.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

void let_jobs_end(Stage& stage, int exit_code) {
  stage.engine.script([exit_code](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    behaviour.stops_after = 50ms;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 300ms;
    if (container.role == world::Role::Migrate) behaviour.exit_code = exit_code;
    return behaviour;
  });
}

// Its first version's job is about to run: teald has the lock.
bool migrates_under_the_lock(Stage& stage) {
  guard(stage);
  let_jobs_end(stage, 0);
  stage.start_teald();
  stage.apply();
  return stage.run_until([&] { return stage.database_server.locks.contains("shop"); });
}

// Revision 1, attempt 1 of the same image: only the ledger remembers that there was one before.
TEST(JobUnderLockLater, AnApplicationThatWasDeletedAndMadeAnewMigratesAlthoughItsFirstLifeFailed) {
  Stage stage;
  guard(stage);
  let_jobs_end(stage, 1);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  ASSERT_EQ(outcomes(stage), "Failed");
  ASSERT_TRUE(stage.wait(stage.teald().remove("shop", "ann")));
  ASSERT_TRUE(stage.run_until([&] { return stage.store.application("shop") == nullptr; }));
  let_jobs_end(stage, 0);
  stage.apply();
  EXPECT_TRUE(stage.run()) << job(stage).detail;
  EXPECT_EQ(outcomes(stage), "Failed Succeeded");
}

TEST(JobUnderLockLater, AForgottenGrantThatWasMadeUpForIsSeenAfterAPause) {
  Stage stage;
  guard(stage);
  stage.application.spec.rollout.on_failure = spec::OnFailure::Pause;
  stage.database_server.ungranted = {"public.invoices"};
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return stage.store.newest("shop") && stage.store.newest("shop")->orders.paused; }));
  stage.database_server.ungranted.clear();
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", {records::Verb::Retry, std::nullopt, "ann"})));
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
}

// Simulation seed 173: the newer spec's rollout could not even name the database, and its lock was kept for ever.
TEST(JobUnderLockLater, TheLockIsGivenBackWhenANewerSpecHasNoSuchDatabaseAnyMore) {
  for (const bool elsewhere : {false, true}) {
    Stage stage;
    ASSERT_TRUE(migrates_under_the_lock(stage));
    auto& job = stage.application.spec.migration.jobs[0];
    job.database.reset();
    if (elsewhere) job.database = target();
    if (elsewhere) job.database->name = "blog";
    stage.application.spec.version = "2";
    stage.apply();
    ASSERT_TRUE(stage.run()) << stage.view()->status.message;
    EXPECT_FALSE(stage.database_server.locks.contains("shop"));
    EXPECT_FALSE(stage.database_server.locks.contains("blog"));
  }
}

// Simulation seed 1819: the lock was forgotten with the application, and kept until teald ended.
TEST(JobUnderLockLater, TheLockIsGivenBackBeforeTheApplicationIsForgotten) {
  Stage stage;
  ASSERT_TRUE(migrates_under_the_lock(stage));
  ASSERT_TRUE(stage.wait(stage.teald().remove("shop", "ann")));
  ASSERT_TRUE(stage.run_until([&] { return stage.store.application("shop") == nullptr; }));
  EXPECT_FALSE(stage.database_server.locks.contains("shop"));
}

// Simulation seed 104: every answer of the database looked older than the rollout, so it was asked without a pause for
// all the time that the clock had lost.
TEST(JobUnderLockLater, AClockThatIsSetBackDoesNotMakeTheDatabasesAnswersOld) {
  for (const auto phase : {spec::Phase::Preparing, spec::Phase::Migrating}) {
    Stage stage;
    guard(stage);
    let_jobs_end(stage, 0);
    stage.start_teald();
    stage.apply();
    ASSERT_TRUE(stage.run_until(
        [&] { return stage.store.newest("shop") && stage.store.newest("shop")->standing.phase == phase; }));
    stage.clock.time -= 1h;
    const auto set_back_at = stage.clock.time;
    EXPECT_TRUE(stage.run(false, 2000)) << to_string(phase) << ": " << stage.view()->status.message;
    EXPECT_LT(stage.clock.time - set_back_at, 5min) << to_string(phase);
  }
}

TEST(JobUnderLockLater, NoWayAroundRunsAJobAgainWhoseOutcomeIsUnknown) {
  Stage stage;
  guard(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.database_server.rows.push_back(row_of(stage, "digest-shop:2", std::nullopt));
  stage.apply();
  ASSERT_TRUE(stage.run(true, 20000));
  ASSERT_EQ(stage.store.newest("shop")->outcome.failure_reason, spec::Reason::MigrationUnknown);
  const auto started = stage.migrations_started.size();
  const auto ask = [&](records::Verb verb, std::optional<int> to = std::nullopt) {
    const auto done = stage.wait(stage.teald().request("shop", {verb, to, "ann"}));
    stage.run(true, 200);
    return done.has_value();
  };
  for (const auto verb : {records::Verb::Resume, records::Verb::Retry, records::Verb::Approve, records::Verb::Abort,
                          records::Verb::Retry, records::Verb::Resume})
    ask(verb);
  ask(records::Verb::Rollback);
  ask(records::Verb::Rollback, 2);
  ask(records::Verb::Retry);
  EXPECT_EQ(stage.migrations_started.size(), started) << "an operator has got it to run";
}

}  // namespace
}  // namespace teal::test
