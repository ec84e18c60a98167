// An answer of a database that comes when a newer rollout has asked already. Found by simulation (seed 1907).
#include "controllers/reconcile/ask_database.hpp"

#include <gmock/gmock.h>

#include "tests/unit/controllers/job_under_lock.hpp"
#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {
namespace {

class AskDatabaseLate : public testing::Test {
 protected:
  AskDatabaseLate() {
    ports_.database = &database_;
    ports_.secrets = &secrets_;
    ports_.store = &store_;
    ports_.clock = &clock_;
    record_.application = "shop";
    spec::Job job;
    job.name = "default";
    job.database = target();
    record_.course.target.application.spec.migration.jobs = {job};
    gate_.attend(true);
  }

  // Asks for the older revision; before its answer is there a newer one has asked in its stead.
  Result<void> ask_late(rollout::DatabaseStep step) {
    gate_.on_call = [this](int) { seen_.revision = 2; };
    return ask(step, 1);
  }

  Result<void> ask(rollout::DatabaseStep step, int revision) {
    rollout::AskDatabase action;
    action.step = step;
    action.revision = record_.course.target.number = revision;
    action.job = "default";
    return await(loop_, reconcile::ask_database(ports_, record_, action, seen_));
  }

  boost::asio::io_context loop_;
  SetClock clock_;
  FakeServer server_;
  FakeDatabase fake_{server_, clock_};
  Gate gate_;
  GatedDatabase database_{fake_, gate_};
  PlainSecrets secrets_;
  FakeStore store_;
  ports::Ports ports_;
  records::RolloutRecord record_;
  rollout::DatabaseSeen seen_;
};

TEST_F(AskDatabaseLate, FindingsOfTheRolloutBeforeAreNotTheNewersOwn) {
  server_.findings = {{"ServerVersion", spec::Reason::ServerTooOld, "PostgreSQL 11", true, true}};
  ASSERT_TRUE(ask_late(rollout::DatabaseStep::Preflight));
  EXPECT_FALSE(seen_.findings);
  gate_.on_call = nullptr;
  ASSERT_TRUE(ask(rollout::DatabaseStep::Preflight, 2));
  EXPECT_TRUE(seen_.findings);
}

TEST_F(AskDatabaseLate, GrantsOfTheRolloutBeforeAreNotTheNewersOwn) {
  ASSERT_TRUE(ask_late(rollout::DatabaseStep::Grants));
  EXPECT_FALSE(seen_.ungranted);
}

// Its lock is known all the same: whoever comes next uses it, or gives it back.
TEST_F(AskDatabaseLate, ALockThatTheRolloutBeforeTookIsKnownAndItsViewIsNot) {
  ASSERT_TRUE(ask_late(rollout::DatabaseStep::Lock));
  EXPECT_FALSE(seen_.view);
  EXPECT_TRUE(seen_.held_on);
}

TEST_F(AskDatabaseLate, AFailureOfTheRolloutBeforeLeavesWhatTheNewerHasSeen) {
  ASSERT_TRUE(ask(rollout::DatabaseStep::Look, 1));
  gate_.on_call = [this](int) {
    seen_.revision = 2;
    server_.away = true;
  };
  EXPECT_FALSE(ask(rollout::DatabaseStep::Look, 1));
  EXPECT_TRUE(seen_.view);
}

// What the rollout before knew is nothing that the newer one may act on.
TEST_F(AskDatabaseLate, WhatTheRolloutBeforeWasToldIsForgottenWithTheFirstQuestionOfTheNewer) {
  ASSERT_TRUE(ask(rollout::DatabaseStep::Preflight, 1));
  ASSERT_TRUE(ask(rollout::DatabaseStep::Look, 2));
  EXPECT_FALSE(seen_.findings);
  EXPECT_TRUE(seen_.view);
}

}  // namespace
}  // namespace teal::test
