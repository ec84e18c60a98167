// The monitors of databases, hooks and secrets see what is broken.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "tests/simulation/databases.hpp"
#include "tests/simulation/monitors/watched.hpp"
#include "tests/simulation/timeline.hpp"
#include "tests/support/await.hpp"

namespace teal::simulation {
namespace {

// One application with a guarded job and two hooks, as its record has it.
class WatchedDatabase : public testing::Test {
 protected:
  WatchedDatabase() {
    Models models;
    models.engine = &engine_;
    models.store = &store_;
    models.clock = &timeline_;
    models.databases = {{"shop", &server_}};
    models.tells_secret = tells_secret;
    models.is_ungranted = [this](const spec::Job&, const std::string&) { return ungranted_; };
    monitors_ = std::make_unique<Monitors>(std::move(models));
    engine_.add_image("shop:1", {"id-1", "digest-1"});
    record_.application = "shop";
    record_.standing.phase = spec::Phase::Migrating;
    record_.course.target.number = 1;
    record_.course.target.image_id = "id-1";
    record_.course.target.image_digest = "digest-1";
    auto& spec = record_.course.target.application.spec;
    spec::Job job;
    job.name = "default";
    job.database = spec::DatabaseTarget{};
    job.database->name = "shop";
    spec.migration.jobs = {job};
    spec::Job hook;
    hook.name = "backup";
    spec::Job other;
    other.name = "more";
    spec.hooks.before_migration = {hook, other};
    for (const auto* name : {"default", "backup", "more"}) {
      records::JobRecord known;
      known.job = name;
      (known.job == "default" ? record_.jobs : record_.hooks).push_back(known);
    }
    key_ = {"shop", "default", "owner", "digest-1", "1", 1, 1};
  }

  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return test::await(loop_, std::move(task));
  }

  void commit() {
    WatchedStore store{store_, *monitors_};
    record_.version = *wait(store.commit(record_, {}));
  }

  // As teald does it, but for what is under test.
  void start(const std::string& unit) {
    auto& records = unit == "default" ? record_.jobs : record_.hooks;
    auto& known = *std::ranges::find(records, unit, &records::JobRecord::job);
    known.state = records::JobState::Running;
    known.attempts = 1;
    commit();
    WatchedEngine engine{engine_, *monitors_};
    ports::ContainerSpec spec;
    spec.name = spec::container_name("shop", unit, 1, 1);
    spec.image_id = "id-1";
    spec.application = "shop";
    spec.unit = unit;
    spec.role = world::Role::Migrate;
    spec.revision = 1;
    spec.index = 1;
    ASSERT_TRUE(wait(engine.start(*wait(engine.create(std::move(spec))))));
  }

  void end(const std::string& unit, int exit_code) {
    engine_.end(spec::container_name("shop", unit, 1, 1), exit_code);
    monitors_->look();
  }

  test::FakeServer::Row row(const std::string& owner, std::optional<world::LedgerOutcome> outcome) {
    test::FakeServer::Row made;
    made.key = key_;
    made.key.owner = owner;
    made.id = 1;
    made.outcome = outcome;
    return made;
  }

  [[nodiscard]] std::vector<std::string> broken() const {
    std::vector<std::string> all;
    for (const auto& one : monitors_->violations()) all.emplace_back(to_string(one.promise));
    return all;
  }

  boost::asio::io_context loop_;
  Timeline timeline_;
  test::FakeEngine engine_{timeline_};
  test::FakeStore store_;
  test::FakeServer server_;
  records::RolloutRecord record_;
  ports::LedgerKey key_;
  bool ungranted_ = false;
  std::unique_ptr<Monitors> monitors_;
};

TEST_F(WatchedDatabase, AStartUnderTheLockWithAnOpenRowIsFine) {
  monitors_->found_fit(key_);
  server_.rows.push_back(row("owner", std::nullopt));
  monitors_->lock_confirmed("shop", key_);
  start("default");
  EXPECT_THAT(broken(), testing::IsEmpty());
}

TEST_F(WatchedDatabase, AStartWithoutTheLockBreaksM1) {
  monitors_->found_fit(key_);
  server_.rows.push_back(row("owner", std::nullopt));
  start("default");
  EXPECT_THAT(broken(), testing::ElementsAre("M1"));
}

TEST_F(WatchedDatabase, AStartThatTheLedgerDoesNotKnowOfBreaksO3) {
  monitors_->found_fit(key_);
  monitors_->lock_confirmed("shop", key_);
  start("default");
  EXPECT_THAT(broken(), testing::ElementsAre("O3"));
}

TEST_F(WatchedDatabase, AJobBesidePreflightBreaksThePromisesOfDatabases) {
  server_.rows.push_back(row("owner", std::nullopt));
  monitors_->lock_confirmed("shop", key_);
  start("default");
  EXPECT_THAT(broken(), testing::ElementsAre("Database"));
}

TEST_F(WatchedDatabase, WhatTheLedgerProvesIsNotDoneAgain) {
  server_.rows.push_back(row("somebody else", world::LedgerOutcome::Succeeded));
  monitors_->lock_confirmed("shop", key_);
  EXPECT_THAT(broken(), testing::ElementsAre("M3"));
}

TEST_F(WatchedDatabase, AnotherTealsOpenRowIsNotPassed) {
  server_.rows.push_back(row("somebody else", std::nullopt));
  monitors_->lock_confirmed("shop", key_);
  EXPECT_THAT(broken(), testing::ElementsAre("M4"));
}

TEST_F(WatchedDatabase, AnotherTealAtWorkIsNotJoined) {
  monitors_->other_begins("shop", "shop", "default");
  monitors_->lock_confirmed("shop", key_);
  EXPECT_THAT(broken(), testing::ElementsAre("M1"));
}

TEST_F(WatchedDatabase, TheLedgerSaysWhatTheContainerDid) {
  monitors_->found_fit(key_);
  server_.rows.push_back(row("owner", std::nullopt));
  monitors_->lock_confirmed("shop", key_);
  start("default");
  monitors_->attempt_closed(key_, world::LedgerOutcome::Failed);
  EXPECT_THAT(broken(), testing::ElementsAre("M3")) << "it still runs";
}

TEST_F(WatchedDatabase, ASuccessThatTheLedgerDoesNotProveBreaksM3) {
  monitors_->found_fit(key_);
  server_.rows.push_back(row("owner", std::nullopt));
  monitors_->lock_confirmed("shop", key_);
  engine_.script([](const ports::ContainerSpec&) {
    test::FakeEngine::Behaviour behaviour;
    behaviour.runs_for = Duration{0};
    return behaviour;
  });
  start("default");
  monitors_->look();
  record_.jobs[0].state = records::JobState::Succeeded;
  commit();
  EXPECT_THAT(broken(), testing::ElementsAre("M3"));
  server_.rows[0].outcome = world::LedgerOutcome::Succeeded;
  monitors_->attempt_closed(key_, world::LedgerOutcome::Succeeded);
  EXPECT_EQ(monitors_->violations().size(), 1U) << "that much is true";
}

TEST_F(WatchedDatabase, HooksKeepTheirOrderAndTheirPlace) {
  monitors_->found_fit(key_);
  start("more");
  EXPECT_THAT(broken(), testing::ElementsAre("Hooks")) << "the one before has not run";
  record_.standing.phase = spec::Phase::Verifying;
  end("more", 0);
  start("backup");
  EXPECT_EQ(monitors_->violations().size(), 2U) << "its time is over";
}

TEST_F(WatchedDatabase, ARequiredHookThatFailedIsNotPassed) {
  commit();
  record_.hooks[0].state = records::JobState::Failed;
  record_.hooks[1].state = records::JobState::NotNeeded;
  commit();
  record_.standing.phase = spec::Phase::Starting;
  commit();
  EXPECT_THAT(broken(), testing::ElementsAre("Hooks"));
}

TEST_F(WatchedDatabase, ASecretThatIsSaidBreaksC2WhereverItIs) {
  WatchedStore store{store_, *monitors_};
  records::Event event;
  event.message = "/etc/shop/app_password cannot be read; the value of /etc/shop/user is known";
  ASSERT_TRUE(wait(store.append({event})));
  EXPECT_THAT(broken(), testing::IsEmpty()) << "names of files and users may be told";
  ASSERT_TRUE(wait(store.keep_log("shop", 1, "teal-shop-api-r1-0", "I am the value of /etc/shop/app_password #2")));
  EXPECT_THAT(broken(), testing::ElementsAre("C2"));
  record_.outcome.failure = "refused with the value of /etc/shop/migration_password";
  commit();
  EXPECT_EQ(monitors_->violations().size(), 2U);
}

}  // namespace
}  // namespace teal::simulation
