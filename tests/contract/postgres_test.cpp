// What only a real PostgreSQL can say: every finding of preflight provoked, forgotten grants, odd ledgers, servers that
// hang.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include "daemon/databases/postgres/postgres_database.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "tests/contract/database_rigs.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Postgres : public ::testing::Test {
 protected:
  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  std::vector<DatabaseFinding> findings(bool strict = false) {
    auto found = wait(database_->preflight(access, ledger_key(0), strict));
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::vector<DatabaseFinding>{};
  }
  std::vector<std::string> reasons(bool strict = false) {
    std::vector<std::string> all;
    for (const auto& one : findings(strict)) all.push_back(one.type + "/" + one.reason + (one.blocks ? "!" : ""));
    return all;
  }
  std::string sql(const std::string& statement) { return test::sql(name, statement); }
  void migrate(const std::string& statement, int attempt = 1) {
    ASSERT_TRUE(wait(database_->lock(access, ledger_key(attempt))));
    ASSERT_TRUE(wait(database_->begin(access, ledger_key(attempt))));
    sql("SET ROLE migration; " + statement);
    ASSERT_TRUE(wait(database_->finish(access, ledger_key(attempt), LedgerOutcome::Succeeded, 0)));
  }
  Database& database() { return *database_; }

  std::string name = fresh_database();
  DatabaseAccess access = access_to(name);

 private:
  boost::asio::io_context loop_;
  BlockingPool pool_{4};
  std::unique_ptr<Database> database_ = make_postgres(pool_, {nullptr, 1500ms});
};

TEST_F(Postgres, FindsNothingInADatabaseThatIsFit) { EXPECT_THAT(reasons(true), IsEmpty()); }

TEST_F(Postgres, SaysWhenNobodyAnswers) {
  access.target.port = 1;
  EXPECT_THAT(reasons(), testing::ElementsAre("DatabaseReachable/Unreachable!"));
  EXPECT_TRUE(findings()[0].passes);
}

TEST_F(Postgres, SaysWhichUserIsRefused) {
  access.migration.password = Secret{"planted-wrong-password"};
  EXPECT_THAT(reasons(), Contains("DatabaseReachable/MigrationLoginRefused!"));
  EXPECT_THAT(findings()[0].message, testing::Not(HasSubstr("planted")));
  access = access_to(name);
  access.application.password = Secret{"planted-wrong-password"};
  EXPECT_THAT(reasons(), testing::ElementsAre("DatabaseReachable/ApplicationLoginRefused!"));
}

TEST_F(Postgres, SaysWhenTlsIsNotAsAsked) {
  access.target.ssl_mode = SslMode::Require;
  EXPECT_THAT(reasons(), Contains("DatabaseTls/TlsNotAsAsked!"));
}

TEST_F(Postgres, SaysWhenTheMigrationUserCannotChangeTheSchema) {
  sql("ALTER SCHEMA public OWNER TO postgres");
  EXPECT_THAT(reasons(), Contains("MigrationUserPrivileges/MigrationUserCannotChangeSchema!"));
}

TEST_F(Postgres, SaysWhichTablesTheMigrationUserDoesNotOwn) {
  sql("CREATE TABLE foreign_one (id int)");
  EXPECT_THAT(reasons(), Contains("MigrationUserPrivileges/MigrationUserOwnsNotAll!"));
  EXPECT_THAT(findings()[0].message, HasSubstr("public.foreign_one"));
}

TEST_F(Postgres, SaysWhenTheApplicationUserCanChangeTheSchemaAndStrictBlocks) {
  sql("GRANT CREATE ON SCHEMA public TO app");
  EXPECT_THAT(reasons(), testing::ElementsAre("ApplicationUserRestricted/ApplicationUserCanChangeSchema"));
  EXPECT_THAT(reasons(true), testing::ElementsAre("ApplicationUserRestricted/ApplicationUserCanChangeSchema!"));
  access.application = access.migration;
  sql("REVOKE CREATE ON SCHEMA public FROM app");
  EXPECT_THAT(reasons(true), testing::ElementsAre("ApplicationUserRestricted/ApplicationUserCanChangeSchema!"));
}

TEST_F(Postgres, SaysWhichExtensionsAreMissing) {
  access.target.extensions = {"plpgsql", "no_such_extension"};
  EXPECT_THAT(reasons(), testing::ElementsAre("ExtensionsPresent/ExtensionNotInstalled!"));
}

TEST_F(Postgres, SaysWhichSessionsDdlWouldQueueBehind) {
  auto idle = std::make_unique<BlockingPool>(1);
  const auto user = access.application.password.reveal();
  const auto command = fmt::format(
      "PGPASSWORD={} psql -X -h {} -p {} -U app -d {} -c 'BEGIN; SELECT 1' -c 'SELECT pg_sleep(0)' -f /dev/stdin "
      "<<<'BEGIN; "
      "SELECT 1; \\! sleep 4' >/dev/null 2>&1 & echo $!",
      user, access.target.host, access.target.port, name);
  run_program({"bash", "-c", command});
  std::vector<std::string> found;
  for (int i = 0; i < 30 && found.empty(); ++i) {
    run_program({"sleep", "0.1"});
    found = reasons();
  }
  EXPECT_THAT(found, testing::ElementsAre("NoBlockingSessions/IdleInTransaction"));
  EXPECT_TRUE(findings().empty() || findings()[0].passes);
}

TEST_F(Postgres, SaysWhenTheServerIsReadOnly) {
  sql("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  EXPECT_THAT(reasons(), Contains("DatabaseWritable/ReadOnly!"));
}

TEST_F(Postgres, SaysWhenConnectionsRunOut) {
  sql("ALTER DATABASE " + name + " CONNECTION LIMIT 3");
  EXPECT_THAT(reasons(), Contains("FreeConnections/FewConnections!"));
  sql("ALTER DATABASE " + name + " CONNECTION LIMIT 0");
  EXPECT_THAT(reasons(), Contains("FreeConnections/NoFreeConnections!"));
}

TEST_F(Postgres, SaysWhenTheLedgerIsOfAnOlderFormat) {
  sql("SET ROLE migration; CREATE TABLE teal_migrations (id int, application text)");
  EXPECT_THAT(reasons(), Contains("LedgerUsable/LedgerFormat!"));
  const auto locked = wait(database().lock(access, ledger_key()));
  ASSERT_FALSE(locked);
  EXPECT_THAT(locked.error().message, HasSubstr("older format"));
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

TEST_F(Postgres, APersonMayTakeTheSameLock) {
  const auto held = sql("SELECT pg_try_advisory_lock(hashtextextended('teal/shop/' || current_database(), 0))");
  EXPECT_EQ(held, "t\n");
  ASSERT_TRUE(wait(database().lock(access, ledger_key())));
  EXPECT_EQ(sql("SELECT pg_try_advisory_lock(hashtextextended('teal/shop/' || current_database(), 0))"), "f\n");
}

}  // namespace
}  // namespace teal::test
