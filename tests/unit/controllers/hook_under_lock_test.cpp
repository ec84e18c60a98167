// Hooks that name their database: the same lock and ledger as a migration job's, on fakes.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

spec::Job hook(const std::string& name) {
  spec::Job job;
  job.name = name;
  job.command = {"./" + name};
  job.database.emplace();
  job.database->host = "127.0.0.1";
  job.database->name = "shop";
  job.database->application = {{spec::ValueSource::Kind::Literal, "app", {}},
                               {spec::ValueSource::Kind::File, "/etc/shop/app", {}}};
  job.database->migration = {{spec::ValueSource::Kind::Literal, "backup", {}},
                             {spec::ValueSource::Kind::File, "/etc/shop/backup", {}}};
  return job;
}

// "revision outcome" of a job's rows.
std::vector<std::string> rows_of(const Stage& stage, const std::string& job) {
  std::vector<std::string> rows;
  for (const auto& row : stage.database_server.rows) {
    if (row.key.job != job) continue;
    rows.push_back(fmt::format("{} {}", row.key.revision, row.outcome ? to_string(*row.outcome) : "open"));
  }
  return rows;
}

bool was_told(const Stage& stage, const spec::Reason& reason) {
  const auto all = stage.store.all_events();
  return std::ranges::any_of(all, [&](const auto& one) { return one.event.reason == reason; });
}

TEST(HookUnderLock, RunUnderTheLockWithARowForEachRun) {
  Stage stage;
  auto& spec = stage.application.spec;
  spec.hooks.before_migration = {hook("backup")};
  spec.migration.jobs[0].database = hook("x").database;
  bool locked = true;
  stage.on_time = [&] {
    for (const auto& name : stage.engine.running()) {
      if (name.starts_with("teal-shop-backup")) locked &= stage.database_server.locks.contains("shop");
    }
  };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  spec.version = "1";  // whose image it has run for before
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_TRUE(locked);
  const auto rows = rows_of(stage, "backup");
  EXPECT_EQ(rows, (std::vector<std::string>{"1 Succeeded", "2 Succeeded"}))
      << "once a rollout, and not where no migration is needed";
  EXPECT_EQ(rows_of(stage, "default"), (std::vector<std::string>{"1 Succeeded", "2 Succeeded"}));
  EXPECT_FALSE(stage.migrators_met);
  EXPECT_TRUE(stage.run_until([&] { return stage.database_server.locks.empty(); })) << "it is given back";
}

TEST(HookUnderLock, AnEarlierSuccessForTheImageIsNoReasonToLeaveOneOut) {
  Stage stage;
  auto& spec = stage.application.spec;
  spec.hooks.before_cutover = {hook("smoke")};
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  spec.env["MORE"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "1", {}};
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] {
    const auto newest = stage.store.newest("shop");
    return newest->course.target.number == 2 && newest->standing.phase == spec::Phase::Complete;
  }));
  EXPECT_EQ(rows_of(stage, "smoke"), (std::vector<std::string>{"1 Succeeded", "2 Succeeded"}));
}

TEST(HookUnderLock, WaitForWhoeverHoldsTheLock) {
  Stage stage;
  stage.application.spec.hooks.before_cutover = {hook("smoke")};
  stage.database_server.take("shop", "ann at work");
  stage.start_teald();
  stage.apply();
  EXPECT_FALSE(stage.run(true, 400));
  EXPECT_THAT(stage.view()->status.message, HasSubstr("ann at work"));
  EXPECT_TRUE(rows_of(stage, "smoke").empty());
  stage.database_server.give_back("shop");
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(rows_of(stage, "smoke"), std::vector<std::string>{"1 Succeeded"});
}

TEST(HookUnderLock, ARollbacksHookWaitsForTheLockNoLongerThanAJobMayTake) {
  Stage stage;
  auto& spec = stage.application.spec;
  spec.hooks.on_rollback = {hook("tell")};
  spec.migration.timeout = 1min;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.database_server.take("shop", "ann at work");
  stage.sick_images.insert("id-shop:2");
  spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run(true, 20000)) << "a rollback is never held up";
  EXPECT_EQ(stage.store.newest("shop")->standing.phase, spec::Phase::RolledBack);
  EXPECT_TRUE(was_told(stage, spec::Reason::HookNotStarted));
  EXPECT_TRUE(rows_of(stage, "tell").empty());
}

TEST(HookUnderLock, OneThatIsRequiredIsHeldByPreflightAndAnotherIsNot) {
  for (const bool required : {true, false}) {
    Stage stage;
    stage.application.spec.hooks.before_cutover = {hook("smoke")};
    stage.application.spec.hooks.before_cutover[0].required = required;
    stage.database_server.findings = {
        {"DatabaseWritable", spec::Reason::Replica, "this server is a replica", true, false}};
    stage.start_teald();
    stage.apply();
    ASSERT_TRUE(stage.run(true));
    EXPECT_EQ(stage.store.newest("shop")->standing.phase, required ? spec::Phase::Failed : spec::Phase::Complete);
    EXPECT_TRUE(was_told(stage, spec::Reason::Replica));
  }
}

TEST(HookUnderLock, ArePartOfWhatIsLookedAtWithoutARollout) {
  Stage stage;
  stage.application.spec.hooks.before_migration = {hook("backup")};
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  const auto found = stage.wait(stage.teald().preflight("shop"));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U) << "and its load balancer";
  EXPECT_EQ(found->at(0).hook, "beforeMigration");
  EXPECT_FALSE(found->at(0).done);
}

// What a hook's database needs to be kept safe is asked at each call that teald makes: as for a migration job.
TEST(HookUnderLock, DeathAtAnyCallRunsItOnceAndLeavesNoLock) {
  for (int nth = 1;; ++nth) {
    Stage stage;
    stage.application.spec.migration.jobs.clear();
    stage.application.spec.hooks.before_cutover = {hook("smoke")};
    stage.application.spec.migration.idempotent = false;
    stage.start_teald();
    stage.apply();
    stage.gate.disturb(Gate::Mode::DieBefore, nth);
    ASSERT_TRUE(stage.run(true, 20000)) << "call " << nth << ": " << stage.gate.what();
    if (stage.gate.met() == 0) break;
    SCOPED_TRACE(fmt::format("call {}: {}", nth, stage.gate.what()));
    EXPECT_FALSE(stage.started_twice);
    const auto& record = *stage.store.newest("shop");
    const bool proven = rows_of(stage, "smoke") == std::vector<std::string>{"1 Succeeded"};
    EXPECT_EQ(record.standing.phase == spec::Phase::Complete, proven) << record.outcome.failure;
    EXPECT_TRUE(stage.run_until([&] { return stage.database_server.locks.empty(); }, 200)) << "the lock is left behind";
  }
}

}  // namespace
}  // namespace teal::test
