// A migration job that names its database, on fakes: killed at each call, refused, raced, its lock lost.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/controllers/job_under_lock.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

TEST(JobUnderLock, MigratesUnderTheLockAndNotesItInTheLedger) {
  Stage stage;
  guard(stage);
  bool locked_while_running = true;
  stage.on_time = [&] {
    for (const auto& name : stage.engine.running()) {
      if (name.starts_with("teal-shop-default")) locked_while_running &= stage.database_server.locks.contains("shop");
    }
  };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_TRUE(locked_while_running);
  EXPECT_EQ(outcomes(stage), "Succeeded");
  EXPECT_EQ(job(stage).state, records::JobState::Succeeded);
  EXPECT_EQ(job(stage).database.outcome, "Succeeded");
  EXPECT_TRUE(stage.run_until([&] { return stage.database_server.locks.empty(); })) << "it is given back";
}

TEST(JobUnderLock, WhatTheLedgerProvesIsNotRunAgain) {
  Stage stage;
  guard(stage);
  stage.database_server.rows.push_back(row_of(stage, "digest-shop:1", world::LedgerOutcome::Succeeded));
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(job(stage).state, records::JobState::NotNeeded);
  EXPECT_TRUE(stage.migrations_started.empty());
}

// The store is restored from a backup, and nothing of the newer revision is left on the engine.
TEST(JobUnderLock, ALedgerThatIsNewerThanTheStoreIsNotMigratedOverUnasked) {
  Stage stage;
  guard(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  const auto backup = stage.store;
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.store = backup;
  for (const auto& name : stage.engine.running()) stage.engine.vanish(name);
  stage.start_teald();
  stage.application.spec.version = "3";
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  EXPECT_EQ(stage.migrations_started.count("default of id-shop:3"), 0u);
  EXPECT_EQ(stage.store.newest("shop")->outcome.failure_reason, spec::Reason::MemoryOlderThanWorld);
  EXPECT_THAT(stage.view()->status.message, AllOf(HasSubstr("is of revision 2"), HasSubstr("teal retry shop")));
  records::VerbRequest request;
  request.verb = records::Verb::Retry;
  request.by = "ann";
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", request)));
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(stage.migrations_started.count("default of id-shop:3"), 1u);
}

// As above, and nobody saves a newer spec: what is on record is not started beside the newer schema.
TEST(JobUnderLock, NoReplicaIsStartedBesideASchemaThatIsNewerThanTheStore) {
  Stage stage;
  guard(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  const auto backup = stage.store;
  const auto first = stage.application;
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.store = backup;
  stage.application = first;
  for (const auto& name : stage.engine.running()) stage.engine.vanish(name);
  stage.start_teald();
  EXPECT_FALSE(stage.run_until([&] { return !stage.engine.running().empty(); })) << "version 1 is not started";
  EXPECT_THAT(stage.view()->status.message, AllOf(HasSubstr("is of revision 2"), HasSubstr("teal retry shop")));
  EXPECT_EQ(stage.store.newest("shop")->outcome.reason, spec::Reason::MemoryOlderThanWorld);
  records::VerbRequest request;
  request.verb = records::Verb::Retry;
  request.by = "ann";
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", request)));
  ASSERT_TRUE(stage.run()) << "a person may know better";
}

// … and whoever saves the version that served gets it back, without a second migration.
TEST(JobUnderLock, TheVersionThatServedIsStartedOnTheSchemaThatItMade) {
  Stage stage;
  guard(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  const auto backup = stage.store;
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.store = backup;
  for (const auto& name : stage.engine.running()) stage.engine.vanish(name);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(stage.migrations_started.count("default of id-shop:2"), 1u);
  EXPECT_EQ(stage.view()->status.active_version, "2");
}

// A server that does not answer keeps nobody from what is on record: most likely the store is not older at all.
TEST(JobUnderLock, ReplicasThatAreAllGoneAreStartedAlthoughTheLedgerCannotBeRead) {
  Stage stage;
  guard(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.database_server.away = true;
  for (const auto& name : stage.engine.running()) stage.engine.vanish(name);
  stage.start_teald();
  EXPECT_TRUE(stage.run_until([&] { return !stage.engine.running().empty(); }));
}

TEST(JobUnderLock, WaitsForWhoeverHoldsTheLockAndSaysWho) {
  Stage stage;
  guard(stage);
  stage.database_server.take("shop", "ann at work");
  stage.start_teald();
  stage.apply();
  EXPECT_FALSE(stage.run(true, 400)) << "it must wait, not fail";
  EXPECT_TRUE(stage.migrations_started.empty());
  EXPECT_THAT(stage.view()->status.message, HasSubstr("ann at work"));
  stage.database_server.give_back("shop");
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(outcomes(stage), "Succeeded");
}

TEST(JobUnderLock, NamesASessionThatWaitsForTheLockAndHoldsUpTheJob) {
  Stage stage;
  guard(stage);
  stage.database_server.waiter = world::LockHolder{4711, "dba", "psql", "local", "2026-01-01T00:00:00Z"};
  std::string told;
  stage.on_time = [&] {
    const auto view = stage.view();
    if (view && view->status.message.find("4711") != std::string::npos) told = view->status.message;
  };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_THAT(
      told, HasSubstr("process 4711 (user dba, psql, local, since 2026-01-01T00:00:00Z) waits for the migration lock"));
  EXPECT_THAT(told, HasSubstr("SELECT pg_cancel_backend(4711)"));
}

TEST(JobUnderLock, AnAttemptThatAnotherTealLeftOpenIsUnknownAndAnOperatorDecides) {
  Stage stage;
  guard(stage);
  stage.application.spec.migration.idempotent = true;
  stage.database_server.rows.push_back(row_of(stage, "digest-shop:1", std::nullopt));
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true, 20000));
  EXPECT_EQ(stage.store.newest("shop")->outcome.failure_reason, spec::Reason::MigrationUnknown);
  EXPECT_TRUE(stage.migrations_started.empty()) << "not even an idempotent one";
  EXPECT_TRUE(stage.run_until([&] { return outcomes(stage) == "Unknown"; }));
  records::VerbRequest retry;
  retry.by = "ann";
  const auto refused = stage.wait(stage.teald().request("shop", retry));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_THAT(refused.error().message, HasSubstr("teal retry shop --confirm shop"));
  retry.accepts_unknown = true;
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", retry)));
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(outcomes(stage), "Unknown Succeeded");
}

TEST(JobUnderLock, AnAttemptOfAnotherApplicationInTheSameDatabaseIsWaitedForUntilItIsClosed) {
  Stage stage;
  guard(stage);
  auto row = row_of(stage, "digest-till:1", std::nullopt);
  row.key.application = "till";
  row.started -= 24h;  // however old: it is not shop's to close
  stage.database_server.rows.push_back(row);
  stage.start_teald();
  stage.apply();
  EXPECT_FALSE(stage.run(true, 400)) << "it must wait, not fail";
  EXPECT_TRUE(stage.migrations_started.empty());
  EXPECT_THAT(stage.view()->status.message, HasSubstr("row 1 of teal_migrations"));
  EXPECT_THAT(stage.view()->status.message, HasSubstr("job default of application till"));
  EXPECT_TRUE(stage.database_server.locks.empty()) << "whoever began it may want it back";
  stage.database_server.rows.at(0).outcome = world::LedgerOutcome::Unknown;
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(outcomes(stage), "Unknown Succeeded");
}

TEST(JobUnderLock, ALostLockIsSaidAndTakenAgainAndTheJobRunsOn) {
  Stage stage;
  guard(stage);
  stage.engine.script([](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 30s;
    behaviour.stops_after = 50ms;
    return behaviour;
  });
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(
      stage.run_until([&] { return job(stage).state == records::JobState::Running && job(stage).database.locked; }));
  stage.database_server.drop_sessions();
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(outcomes(stage), "Succeeded");
  int lost = 0;
  for (const auto& [sequence, event] : stage.store.all_events())
    lost += event.reason == spec::Reason::MigrationLockLost ? 1 : 0;
  EXPECT_EQ(lost, 1);
  EXPECT_EQ(stage.migrations_started.size(), 1U);
}

TEST(JobUnderLock, ASuccessThatTheLedgerWasNeverToldIsNoSuccess) {
  Stage stage;
  guard(stage);
  stage.on_time = [&] {
    for (const auto& [name, stored] : stage.engine.containers()) {
      if (stored.seen.role == world::Role::Migrate && stored.starts > 0) stage.database_server.away = true;
    }
  };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true, 50000));
  EXPECT_EQ(stage.store.newest("shop")->outcome.failure_reason, spec::Reason::MigrationUnknown);
  EXPECT_THAT(stage.store.newest("shop")->outcome.failure, HasSubstr("could not be updated"));
}

TEST(JobUnderLock, TheUnknownSaysWhatIsKnown) {
  Stage stage;
  guard(stage);
  stage.engine.script([&](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 30s;
    behaviour.stops_after = 50ms;
    return behaviour;
  });
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return !stage.migrations_started.empty(); }));
  stage.database_server.schema = "moved";
  stage.engine.vanish("teal-shop-default-r1-1");
  ASSERT_TRUE(stage.run(true));
  const auto& failure = stage.store.newest("shop")->outcome.failure;
  EXPECT_THAT(failure, HasSubstr("nobody saw how it ended"));
  EXPECT_THAT(failure, HasSubstr("row 1 of teal_migrations says Unknown"));
  EXPECT_THAT(failure, HasSubstr("the schema has changed (fingerprint empty → moved)"));
}

TEST(JobUnderLock, NothingStartsWhilePreflightFindsWhatBlocks) {
  Stage stage;
  guard(stage);
  stage.database_server.findings = {
      {"DatabaseWritable", spec::Reason::Replica, "this server is a replica", true, false}};
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  EXPECT_EQ(stage.store.newest("shop")->outcome.failure_reason, spec::Reason::PreflightFailed);
  EXPECT_TRUE(stage.engine.containers().empty());
}

TEST(JobUnderLock, WaitsForADatabaseThatIsAway) {
  Stage stage;
  guard(stage);
  stage.database_server.away = true;
  stage.start_teald();
  stage.apply();
  EXPECT_FALSE(stage.run(true, 50));
  EXPECT_TRUE(stage.engine.containers().empty());
  stage.database_server.away = false;
  ASSERT_TRUE(stage.run());
}

TEST(JobUnderLock, ForgottenGrantsStopBeforeAnyReplica) {
  Stage stage;
  guard(stage);
  stage.database_server.ungranted = {"public.invoices"};
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  EXPECT_EQ(stage.store.newest("shop")->outcome.failure_reason, spec::Reason::GrantsMissing);
  for (const auto& [name, stored] : stage.engine.containers())
    EXPECT_EQ(stored.seen.role, world::Role::Migrate) << name;
  stage.database_server.ungranted.clear();
  records::VerbRequest retry;
  retry.by = "ann";
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", retry)));
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(outcomes(stage), "Succeeded") << "the migration itself is not repeated";
}

TEST(JobUnderLock, PreflightAndPlanLookWithoutARollout) {
  Stage stage;
  guard(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.database_server.findings = {
      {"NoBlockingSessions", spec::Reason::LongTransaction, "process 7 is slow", false, true}};
  const auto found = stage.wait(stage.teald().preflight("shop"));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(1).load_balancer, "edge/shop_api");
  EXPECT_EQ(found->at(0).job, "default");
  EXPECT_EQ(found->at(0).migration_user, "migration");
  EXPECT_EQ(found->at(0).findings, stage.database_server.findings);
  EXPECT_TRUE(found->at(0).done) << "the ledger says so";
  auto next = stage.application;
  next.spec.version = "2";
  const auto plan = stage.wait(stage.teald().plan("shop", next, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, testing::Contains(HasSubstr("process 7 is slow")));
  EXPECT_FALSE(stage.wait(stage.teald().preflight("nobody")));
}

TEST(JobUnderLock, ThePasswordThatTealdUsesItselfIsAMigrationCredential) {
  Stage stage;
  guard(stage);
  auto& spec = stage.application.spec;
  spec.migration.jobs[0].credentials.clear();
  spec.migration.jobs[0].database->migration.password.text = "/etc/shop/schema_owner";
  spec.components[0].env["URL"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/schema_owner", {}};
  stage.start_teald();
  stage.apply();
  EXPECT_FALSE(stage.run(false, 400));
  for (const auto& [name, stored] : stage.engine.containers()) EXPECT_NE(stored.seen.unit, "api") << name;
}

// Each call that teald makes, the database's included, is the last one of its life, loses its answer or fails.
class JobUnderLockDisturbed : public ::testing::TestWithParam<Gate::Mode> {};

TEST_P(JobUnderLockDisturbed, AtEachCallMigratesOnceOrSaysThatItIsNotKnown) {
  int met = 0;
  for (int nth = 1;; ++nth) {
    Stage stage;
    guard(stage);
    stage.application.spec.migration.idempotent = false;
    stage.start_teald();
    stage.apply();
    stage.gate.disturb(GetParam(), nth);
    ASSERT_TRUE(stage.run(true, 20000)) << "call " << nth << ": " << stage.gate.what();
    if (stage.gate.met() == 0) break;
    ++met;
    SCOPED_TRACE(fmt::format("call {}: {}", nth, stage.gate.what()));
    EXPECT_FALSE(stage.migrators_met);
    EXPECT_FALSE(stage.started_twice);
    const auto& record = *stage.store.newest("shop");
    const bool proven = outcomes(stage) == "Succeeded";
    EXPECT_EQ(record.standing.phase == spec::Phase::Complete, proven)
        << outcomes(stage) << ": " << record.outcome.failure;
    EXPECT_TRUE(proven || record.outcome.failure_reason == spec::Reason::MigrationUnknown)
        << record.outcome.failure_reason << ": " << record.outcome.failure;
    int started = 0;
    for (const auto& [what, count] : stage.migrations_started) started += count;
    EXPECT_LE(started, 1);
    EXPECT_TRUE(stage.run_until([&] { return stage.database_server.locks.empty(); }, 200)) << "the lock is left behind";
  }
  EXPECT_GT(met, 30);
}

INSTANTIATE_TEST_SUITE_P(All, JobUnderLockDisturbed,
                         testing::Values(Gate::Mode::DieBefore, Gate::Mode::DieAfter, Gate::Mode::LoseAnswer,
                                         Gate::Mode::Fail));

}  // namespace
}  // namespace teal::test
