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

TEST_F(Guarded, WaitsForAPersonWhoMigratesAndSaysWho) {
  ASSERT_TRUE(install(shop_));
  auto person = std::thread([&] {
    servers().run("psql",
                  {"-d", sql("SELECT current_database()"), "-c",
                   "SET application_name = 'ann at work'; SELECT pg_advisory_lock(hashtextextended('teal/shop/' || "
                   "current_database(), 0)), pg_sleep(4)"});
  });
  EXPECT_TRUE(eventually("ann has the lock", 5s,
                         [&] { return sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "1"; }));
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

TEST_F(Guarded, StrictCredentialsBlockAnApplicationUserWhoCanChangeTheSchema) {
  run("GRANT CREATE ON SCHEMA public TO app");
  shop_.migration_more = "    strictCredentials: true\n";
  save(shop_);
  EXPECT_EQ(ended(1), "Failed");
  EXPECT_EQ(text_at(rollout(1), "/status/failureReason"), "PreflightFailed");
  EXPECT_EQ(condition("ApplicationUserRestricted", "status"), "False");
  EXPECT_TRUE(containers().empty());
}

}  // namespace
}  // namespace teal::test
