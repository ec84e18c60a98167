// What only a real PostgreSQL can say: forgotten grants, odd ledgers, what a fingerprint sees, servers that hang.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "daemon/drivers/databases/postgres/session.hpp"
#include "tests/conformance/postgres_fixture.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ErrorOf, IsOneLineOfTextWhateverAServerSaid) {
  const auto error = postgres::error_of(std::runtime_error("FATAL:  \xff\x1b[31m\nno"));
  EXPECT_EQ(error.message, "FATAL: \\xff\\x1b[31m; no");
}

TEST_F(Postgres, RefusesARowThatContradictsItself) {
  migrate("SELECT 1");
  sql("ALTER TABLE teal_migrations DROP CONSTRAINT teal_migrations_check; UPDATE teal_migrations SET finished = NULL");
  const auto seen = wait(database().look(access, ledger_key()));
  ASSERT_FALSE(seen);
  EXPECT_THAT(seen.error().message, HasSubstr("half-written"));
}

TEST_F(Postgres, SaysWhatCannotBeWritten) {
  migrate("SELECT 1");
  sql("ALTER TABLE teal_migrations OWNER TO postgres; REVOKE ALL ON teal_migrations FROM migration; GRANT SELECT ON "
      "teal_migrations TO migration");
  const auto begun = wait(database().begin(access, ledger_key(2)));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::denied);
  EXPECT_THAT(begun.error().message, HasSubstr("permission denied"));
}

TEST_F(Postgres, FindsTheForgottenGrantOnTablesAndSequences) {
  migrate(
      "CREATE TABLE granted (id bigserial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY); GRANT SELECT ON granted TO "
      "app; CREATE TABLE forgotten (id int); CREATE SEQUENCE numbers; CREATE TABLE filled (id bigserial); GRANT INSERT "
      "ON filled TO app");
  auto names = wait(database().ungranted(access, ledger_key()));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, testing::ElementsAre("public.filled_id_seq", "public.forgotten", "public.numbers"));
  sql("GRANT SELECT ON forgotten TO app; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app");
  names = wait(database().ungranted(access, ledger_key()));
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, IsEmpty());
}

TEST_F(Postgres, WhatIsReachedThroughAnotherRelationNeedsNoGrantOfItsOwn) {
  sql("SET ROLE migration; CREATE TABLE events (at date, id bigserial, n int) PARTITION BY RANGE (at); GRANT SELECT, "
      "INSERT "
      "ON events TO app; GRANT USAGE ON SEQUENCE events_id_seq TO app; CREATE TABLE hidden (at date) PARTITION BY "
      "RANGE (at)");
  migrate(
      "CREATE SCHEMA parts; "
      "CREATE TABLE parts.events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') "
      "PARTITION BY RANGE (at); "
      "CREATE TABLE parts.events_2026_01 PARTITION OF parts.events_2026 FOR VALUES FROM ('2026-01-01') TO "
      "('2026-02-01'); "
      "CREATE TABLE hidden_2026 PARTITION OF hidden FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); "
      "CREATE TABLE people (id int); GRANT SELECT (id) ON people TO app; CREATE TABLE clerks () INHERITS (people); "
      "CREATE TABLE prices (a int); CREATE VIEW price_list AS SELECT a FROM prices; "
      "CREATE MATERIALIZED VIEW sums AS SELECT a FROM price_list; GRANT SELECT ON sums TO app; "
      "CREATE TABLE locked (a int); CREATE VIEW locked_list AS SELECT a FROM locked; "
      "CREATE TABLE inside (a int, b int); CREATE VIEW inside_list AS SELECT a FROM inside; GRANT SELECT ON "
      "inside_list TO app");
  const auto names = wait(database().ungranted(access, ledger_key()));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, testing::ElementsAre("public.hidden_2026", "public.locked", "public.locked_list"));
  EXPECT_EQ(sql("SET ROLE app; INSERT INTO events (at, n) VALUES ('2026-01-05', 1); SELECT count(*) FROM events"),
            "1\n")
      << "what the application user does goes through the parent";
}

TEST_F(Postgres, AParentInASchemaThatTheApplicationUserMayNotEnterIsNoWayIn) {
  sql("SET ROLE migration; CREATE SCHEMA closed; CREATE TABLE closed.events (at date) PARTITION BY RANGE (at); GRANT "
      "SELECT ON "
      "closed.events TO app");
  migrate(
      "CREATE TABLE events_2026 PARTITION OF closed.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); "
      "CREATE TABLE closed.more (a int); GRANT SELECT ON closed.more TO app");
  const auto names = wait(database().ungranted(access, ledger_key()));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, testing::ElementsAre("closed.more", "public.events_2026"));
}

TEST_F(Postgres, AViewThatReadsWithItsReadersRightsIsNoWayIn) {
  migrate(
      "CREATE TABLE prices (a int); CREATE VIEW price_list WITH (security_invoker = on) AS SELECT a FROM prices; "
      "GRANT SELECT ON price_list TO app");
  const auto names = wait(database().ungranted(access, ledger_key()));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, testing::ElementsAre("public.prices"));
}

TEST_F(Postgres, AMigrationToolsOwnHistoryIsNothingForTheApplication) {
  migrate(
      "CREATE TABLE flyway_schema_history (a int); CREATE TABLE django_migrations (id bigserial); CREATE TABLE "
      "\"SequelizeMeta\" (name text); CREATE TABLE \"__EFMigrationsHistory\" (name text); CREATE TABLE orders_history "
      "(a int)");
  const auto names = wait(database().ungranted(access, ledger_key()));
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, testing::ElementsAre("public.orders_history"));
}

TEST_F(Postgres, NamesTheSessionThatWaitsForTheLockInOneStatement) {
  ASSERT_TRUE(wait(database().lock(access, ledger_key())));
  auto seen = wait(database().look(access, ledger_key()));
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_FALSE(seen->waiter);
  std::thread person{[&] {
    sql("SET application_name = 'by hand'; SET statement_timeout = '20s'; SELECT "
        "pg_advisory_lock(hashtextextended('teal', 0))");
  }};
  for (int tries = 0; tries < 100 && seen && !seen->waiter; ++tries) {
    std::this_thread::sleep_for(50ms);
    seen = wait(database().look(access, ledger_key()));
  }
  ASSERT_TRUE(seen && seen->waiter);
  EXPECT_TRUE(seen->held);
  EXPECT_EQ(seen->waiter->program, "by hand");
  EXPECT_EQ(seen->waiter->user, "postgres");
  EXPECT_THAT(seen->waiter->since, testing::MatchesRegex("20[0-9-]*T[0-9:]*Z"));
  const auto found = findings();
  const auto told = std::ranges::find(found, spec::Reason::WaitsForMigrationLock, &objects::Finding::reason);
  ASSERT_NE(told, found.end());
  EXPECT_FALSE(told->blocks);
  EXPECT_THAT(told->message, HasSubstr(fmt::format("process {} (user postgres, by hand, ", seen->waiter->process)));
  EXPECT_THAT(told->message, HasSubstr(fmt::format("pg_cancel_backend({})", seen->waiter->process)));
  ASSERT_TRUE(wait(database().unlock(access, ledger_key())));  // which lets it have the lock
  person.join();
}

// What the recipe says: whoever asks in vain is told so at once, and holds up nothing.
TEST_F(Postgres, TheRecipeWithTryLockNeverWaits) {
  ASSERT_TRUE(wait(database().lock(access, ledger_key())));
  EXPECT_EQ(sql("SELECT pg_try_advisory_lock(hashtextextended('teal', 0))"), "f\n");
  sql("SET ROLE migration; CREATE TABLE big (a int)");
  sql("CREATE INDEX CONCURRENTLY big_a ON big (a)");
  ASSERT_TRUE(wait(database().unlock(access, ledger_key())));
  EXPECT_EQ(sql("SELECT pg_try_advisory_lock(hashtextextended('teal', 0))"), "t\n");
}

TEST_F(Postgres, KeepsTheLedgerFromTheApplicationUser) {
  migrate("GRANT ALL ON ALL TABLES IN SCHEMA public TO app");
  EXPECT_EQ(sql("SELECT has_table_privilege('app', 'teal_migrations', 'INSERT, UPDATE, DELETE')"), "f\n");
}

TEST_F(Postgres, TheFingerprintSeesEveryKindOfChangeAndNoData) {
  migrate("CREATE TABLE t (a int); CREATE SEQUENCE s; CREATE TYPE e AS ENUM ('x')");
  const std::vector<std::string> changes{"ALTER TABLE t ADD COLUMN b text",
                                         "ALTER TABLE t ALTER COLUMN b TYPE varchar(10)",
                                         "ALTER TABLE t ALTER COLUMN b SET DEFAULT 'z'",
                                         "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
                                         "CREATE INDEX i ON t (a)",
                                         "ALTER SEQUENCE s INCREMENT 2",
                                         "ALTER TYPE e ADD VALUE 'y'",
                                         "CREATE VIEW v AS SELECT a FROM t",
                                         "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                                         "CREATE SCHEMA more",
                                         "DROP VIEW v"};
  int attempt = 1;
  for (const auto& change : changes) {
    migrate(change, ++attempt);
    EXPECT_EQ(sql(fmt::format("SELECT fingerprint_before <> fingerprint_after FROM teal_migrations WHERE attempt = {}",
                              attempt)),
              "t\n")
        << change;
  }
  migrate("INSERT INTO t (a) SELECT 1; SELECT nextval('s'); ANALYZE t", ++attempt);
  EXPECT_EQ(sql(fmt::format("SELECT fingerprint_before = fingerprint_after FROM teal_migrations WHERE attempt = {}",
                            attempt)),
            "t\n");
}

TEST_F(Postgres, AServerThatHangsCostsADeadlineAndNoMore) {
  ASSERT_TRUE(wait(database().lock(access, ledger_key())));
  const auto pid = std::stoi(sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory'"));
  ::kill(pid, SIGSTOP);
  const auto begun = std::chrono::steady_clock::now();
  const auto confirmed = wait(database().confirm(access, ledger_key()));
  const auto took = std::chrono::steady_clock::now() - begun;
  ::kill(pid, SIGCONT);
  ASSERT_FALSE(confirmed);
  EXPECT_EQ(confirmed.error().code, ErrorCode::timed_out) << confirmed.error().message;
  EXPECT_LT(took, 4s);
}

// A server's owner may have idle sessions ended; this one is idle for as long as a job runs.
TEST_F(Postgres, TheLockOutlivesATimeoutOfIdleSessions) {
  sql("ALTER ROLE migration SET idle_session_timeout = '200ms'");
  const auto locked = wait(database().lock(access, ledger_key()));
  sql("ALTER ROLE migration RESET idle_session_timeout");
  ASSERT_TRUE(locked) << locked.error().message;
  std::this_thread::sleep_for(1s);
  const auto confirmed = wait(database().confirm(access, ledger_key()));
  EXPECT_TRUE(confirmed) << confirmed.error().message;
}

// The statements of deploy/postgres/README.md, as they stand there.
TEST_F(Postgres, APersonMayTakeTheSameLockAndSeeWhoHasIt) {
  const auto held = sql("SELECT pg_try_advisory_lock(hashtextextended('teal', 0))");
  EXPECT_EQ(held, "t\n");
  const std::string who =
      "SELECT a.usename, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = "
      "'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
      "(l.classid::bigint << 32) + l.objid::bigint = hashtextextended('teal', 0)";
  EXPECT_EQ(sql(who), "");
  ASSERT_TRUE(wait(database().lock(access, ledger_key())));
  EXPECT_EQ(sql("SELECT pg_try_advisory_lock(hashtextextended('teal', 0))"), "f\n");
  EXPECT_EQ(sql(who), "migration|teal shop/default of owner-1\n");
}

}  // namespace
}  // namespace teal::test
