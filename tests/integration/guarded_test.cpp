// A migration whose job names its database: lock, ledger and preflight on a real PostgreSQL, whatever is killed.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

class Guarded : public Stage {
 protected:
  Guarded() { shop_.guarded = true; }

  // "revision attempt outcome", oldest first.
  std::vector<std::string> ledger() {
    return lines_of(
        sql("SELECT revision || ' ' || attempt || ' ' || coalesce(outcome, 'open') FROM teal_migrations ORDER "
            "BY id"));
  }
  void run(const std::string& statement) { static_cast<void>(sql(statement)); }
  std::string runs_that_met() {
    return sql(
        "SELECT count(*) FROM migration_runs a JOIN migration_runs b ON a.id < b.id AND b.started_at < "
        "a.finished_at");
  }
  std::string migration_state(int revision) { return text_at(rollout(revision), "/status/migration/0/state"); }
  void upgrade() {
    shop_.version = std::to_string(++revision_);
    save(shop_);
  }
  void wait_for_run() {
    EXPECT_TRUE(eventually("the migration runs", 20s, [&] {
      return sql("SELECT count(*) FROM migration_runs WHERE version = '" + shop_.version + "'") != "0";
    }));
  }
  // Whatever the outcome: what teald says is what the ledger says, and no migrators met.
  void expect_what_the_ledger_proves() {
    const auto how = ended(revision_, 120s);
    const auto proven =
        sql(fmt::format("SELECT count(*) > 0 FROM teal_migrations WHERE revision = {} AND outcome = "
                        "'Succeeded'",
                        revision_));
    EXPECT_EQ(how == "Complete" ? "t" : "f", proven) << how << ": " << boost::json::serialize(rollout(revision_));
    EXPECT_EQ(runs_that_met(), "0");
    const auto finished = sql("SELECT count(*) > 0 FROM migration_runs WHERE finished_at IS NOT NULL AND version = '" +
                              shop_.version + "'");
    if (how == "Complete") EXPECT_EQ(finished, "t") << "a false success";
    EXPECT_TRUE(eventually("the lock is given back", 20s,
                           [&] { return sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0"; }));
  }

  // As deploy/postgres/README.md tells a DBA to do it; returns once the lock is taken.
  std::thread migrate_by_hand(int seconds) {
    auto person = std::thread([database = sql("SELECT current_database()"), seconds] {
      servers().run("psql", {"-d", database, "-c",
                             fmt::format("SET application_name = 'ann at work'; SELECT "
                                         "pg_advisory_lock(hashtextextended('teal', 0)), pg_sleep({})",
                                         seconds)});
    });
    EXPECT_TRUE(eventually("ann has the lock", 5s,
                           [&] { return sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "1"; }));
    return person;
  }

  Shop shop_;
  int revision_ = 1;
};

TEST_F(Guarded, InstallsAndUpgradesOnceWithALedgerThatSaysSo) {
  ASSERT_TRUE(install(shop_));
  upgrade();
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(ledger(), (std::vector<std::string>{"1 1 Succeeded", "2 1 Succeeded"}));
  EXPECT_EQ(
      sql("SELECT count(*) FROM teal_migrations WHERE length(fingerprint_before) = 64 AND length(fingerprint_after) = "
          "64 AND exit_code = 0"),
      "2");
  EXPECT_EQ(condition("Preflight", "status"), "True") << condition("Preflight", "message");
  EXPECT_EQ(sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
}

TEST_F(Guarded, ATealThatHasLostItsStoreRepeatsNothing) {
  ASSERT_TRUE(install(shop_));
  EXPECT_EQ(teald().stop(), 0);
  for (const auto& container : containers()) static_cast<void>(docker({"rm", "-f", container}));
  Teald other{settings(folder() + "/other")};
  other.start();
  other.save("shop.yaml", manifest(shop_));
  EXPECT_TRUE(eventually("the ledger is believed", 30s, [&] {
    return text_at(other.rest().get("/apis/teal/v1/rollouts/shop-1"), "/status/migration/0/state") == "NotNeeded";
  }));
  EXPECT_EQ(ledger(), (std::vector<std::string>{"1 1 Succeeded"}));
  EXPECT_EQ(migrations().size(), 1U);
  EXPECT_EQ(other.stop(), 0);
  teald().start();
}

TEST_F(Guarded, WaitsForAPersonWhoMigratesAndSaysWho) {
  ASSERT_TRUE(install(shop_));
  auto person = migrate_by_hand(4);
  upgrade();
  EXPECT_TRUE(eventually("teald waits for ann", 10s, [&] {
    return condition("MigrationLock", "reason") == "HeldByOther" &&
           condition("MigrationLock", "message").find("ann at work") != std::string::npos;
  })) << boost::json::serialize(rollout(2));
  EXPECT_EQ(migrations().size(), 1U);
  person.join();
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(migrations().size(), 2U);
}

TEST_F(Guarded, AForgottenGrantStopsTheRolloutBeforeAnyReplicaStarts) {
  ASSERT_TRUE(install(shop_));
  run("DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bystander') THEN CREATE ROLE bystander; END IF; "
      "END$$");
  shop_.env["APP_USER"] = "bystander";  // who gets the grants
  shop_.version = "3";                  // which makes the table tags
  save(shop_);
  EXPECT_EQ(ended(2), "RolledBack");
  EXPECT_EQ(text_at(rollout(2), "/status/failureReason"), "GrantsMissing") << boost::json::serialize(rollout(2));
  EXPECT_NE(text_at(rollout(2), "/status/failure").find("public.tags"), std::string::npos);
  EXPECT_EQ(condition("ApplicationUserGrants", "reason"), "GrantsMissing");
  for (const auto& one : running_containers()) EXPECT_EQ(one.find("-r2-"), std::string::npos) << one;
}

TEST_F(Guarded, StrictCredentialsBlockAnApplicationUserWhoCanChangeTheSchema) {
  run("GRANT CREATE ON SCHEMA public TO app");
  shop_.migration_more = "    strictCredentials: true\n";
  save(shop_);
  EXPECT_EQ(ended(1), "Failed");
  EXPECT_EQ(text_at(rollout(1), "/status/failureReason"), "PreflightFailed");
  EXPECT_EQ(condition("ApplicationUserRestricted", "status"), "False");
  EXPECT_TRUE(containers().empty());
}

TEST_F(Guarded, TealdKilledAtManyMomentsMigratesOnce) {
  build_images({"2", "3", "4", "5", "6"}, "MIGRATION_SLEEP_MS=1200");
  ASSERT_TRUE(install(shop_));
  for (const int moment : {50, 250, 500, 900, 1500}) {
    SCOPED_TRACE(fmt::format("kill -9 {} ms after the save", moment));
    upgrade();
    std::this_thread::sleep_for(Milliseconds{moment});
    teald().kill();
    std::this_thread::sleep_for(300ms);
    teald().start();
    ASSERT_TRUE(complete(revision_));
    expect_what_the_ledger_proves();
    EXPECT_EQ(sql("SELECT count(*) FROM migration_runs WHERE version = '" + shop_.version + "'"), "1");
  }
}

TEST_F(Guarded, PostgresKilledInAMigrationIsNeverAFalseSuccess) {
  build_images({"2", "3", "4", "5", "6"}, "MIGRATION_SLEEP_MS=1500");
  ASSERT_TRUE(install(shop_));
  for (const int moment : {0, 300, 700, 1100, 1400}) {
    SCOPED_TRACE(fmt::format("PostgreSQL killed {} ms into the migration", moment));
    upgrade();
    wait_for_run();
    std::this_thread::sleep_for(Milliseconds{moment});
    servers().run("stop-postgres", {"--kill"});
    std::this_thread::sleep_for(500ms);
    servers().run("start-postgres", {});
    expect_what_the_ledger_proves();
  }
  EXPECT_FALSE(told("MigrationLockLost").empty());
}

TEST_F(Guarded, TheEngineKilledInAMigrationIsNeverAFalseSuccess) {
  build_images({"2", "3", "4", "5"}, "MIGRATION_SLEEP_MS=1500");
  ASSERT_TRUE(install(shop_));
  for (const int moment : {0, 400, 1000, 1400}) {
    SCOPED_TRACE(fmt::format("dockerd killed {} ms into the migration", moment));
    upgrade();
    wait_for_run();
    std::this_thread::sleep_for(Milliseconds{moment});
    servers().run("restart-dockerd", {"--kill"});
    expect_what_the_ledger_proves();
  }
}

TEST_F(Guarded, ALockSessionThatIsEndedInAMigrationIsSaidAndTheLockIsTakenAgain) {
  build_images({"2"}, "MIGRATION_SLEEP_MS=4000");
  ASSERT_TRUE(install(shop_));
  upgrade();
  wait_for_run();
  EXPECT_EQ(condition("MigrationLock", "reason"), "Held");
  const std::string holder =
      "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname "
      "= "
      "current_database())";
  const auto lost = sql(holder);
  run("SELECT pg_terminate_backend(" + lost + ")");
  EXPECT_TRUE(eventually("it is noticed", 4s, [&] { return told("MigrationLockLost").size() == 1; }));
  EXPECT_TRUE(eventually("it is taken again", 4s, [&] {
    const auto now = sql(holder);
    return !now.empty() && now != lost;
  }));
  ASSERT_TRUE(complete(2));
  expect_what_the_ledger_proves();
  EXPECT_EQ(ledger(), (std::vector<std::string>{"1 1 Succeeded", "2 1 Succeeded"}));
}

TEST_F(Guarded, TwoApplicationsInOneDatabaseMigrateOneAfterTheOther) {
  build_images({"2"}, "MIGRATION_SLEEP_MS=1500");
  shop_.version = "2";
  auto till = shop_;
  till.name = "till";
  save(shop_);
  save(till);
  ASSERT_TRUE(complete(1));
  ASSERT_TRUE(complete(1, 40s, "till"));
  EXPECT_EQ(migrations().size(), 2U);
  EXPECT_EQ(runs_that_met(), "0");
  EXPECT_EQ(told("MigrationLockHeld").size() + told("MigrationLockHeld", "till").size(), 1U)
      << "one waited, and said so";
  EXPECT_EQ(sql("SELECT string_agg(application || ' ' || outcome, ', ' ORDER BY application) FROM teal_migrations"),
            "shop Succeeded, till Succeeded");
}

TEST_F(Guarded, TwoTealsAndAPersonOnOneDatabaseMigrateOnce) {
  build_images({"2"}, "MIGRATION_SLEEP_MS=1500");
  shop_.version = "2";
  Teald other{settings(folder() + "/other")};
  other.start();
  auto person = migrate_by_hand(3);
  save(shop_);
  other.save("shop.yaml", manifest(shop_));
  ASSERT_TRUE(eventually("the other one knows that it is done", 60s, [&] {
    const auto ours = migration_state(1);
    const auto theirs = text_at(other.rest().get("/apis/teal/v1/rollouts/shop-1"), "/status/migration/0/state");
    const bool one = (ours == "Succeeded") != (theirs == "Succeeded");
    return one && (ours == "NotNeeded" || theirs == "NotNeeded");
  }));
  person.join();
  EXPECT_EQ(told("MigrationLockHeld").empty(), false);
  EXPECT_EQ(migrations().size(), 1U);
  EXPECT_EQ(sql("SELECT count(*) FROM teal_migrations"), "1");
  EXPECT_EQ(other.stop(), 0);
}

}  // namespace
}  // namespace teal::test
