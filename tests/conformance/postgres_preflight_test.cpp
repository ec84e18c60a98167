// Every finding of preflight, provoked on real parts: PostgreSQL, pgbouncer, a standby, certificates.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <stdlib.h>

#include <thread>

#include "tests/conformance/postgres_fixture.hpp"
#include "tests/support/postgres_surroundings.hpp"
#include "tests/support/scripted_server.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class Preflight : public Postgres {};

TEST_F(Preflight, FindsNothingInADatabaseThatIsFit) { EXPECT_THAT(reasons(true), IsEmpty()); }

TEST_F(Preflight, SaysWhenNobodyAnswers) {
  access.target.port = 1;
  EXPECT_THAT(reasons(), testing::ElementsAre("DatabaseReachable/Unreachable!"));
  EXPECT_TRUE(findings()[0].passes);
}

TEST_F(Preflight, SaysWhichUserIsRefused) {
  access.migration.password = masking::Secret{"planted-wrong-password"};
  EXPECT_THAT(reasons(), Contains("DatabaseReachable/MigrationLoginRefused!"));
  EXPECT_THAT(findings()[0].message, testing::Not(HasSubstr("planted")));
  access = access_to(name);
  access.application.password = masking::Secret{"planted-wrong-password"};
  EXPECT_THAT(reasons(), testing::ElementsAre("DatabaseReachable/ApplicationLoginRefused!"));
}

TEST_F(Preflight, SaysWhenThereIsNoSuchDatabase) {
  access.target.name = "nowhere";
  EXPECT_THAT(reasons(), Contains("DatabaseReachable/NoSuchDatabase!"));
}

TEST_F(Preflight, SaysWhenTheServerIsTooOld) {
  // The first words of a PostgreSQL 12: nobody asks it anything.
  boost::asio::io_context loop;
  ScriptedServer old{loop};
  Reply words;
  words.deaf = true;
  const auto message = [](char type, const std::string& body) {
    const auto size = static_cast<char>(body.size() + 4);
    return std::string{type} + std::string{"\0\0\0", 3} + size + body;
  };
  using namespace std::string_literals;
  words.pieces = {message('R', "\0\0\0\0"s) +
                  message('S',
                          "server_version\0"
                          "12.22\0"s) +
                  message('S', "client_encoding\0UTF8\0"s) + message('K', "\0\0\0\1\0\0\0\1"s) + message('Z', "I")};
  old.script(words);
  auto thread = std::thread([&] { loop.run(); });
  access.target.port = std::stoi(old.endpoint().port);
  access.target.ssl_mode = spec::SslMode::Disable;
  EXPECT_THAT(reasons(), testing::ElementsAre("ServerSupported/ServerTooOld!"));
  loop.stop();
  thread.join();
}

TEST_F(Preflight, SaysWhenTlsIsNotAsAsked) {
  access.target.ssl_mode = spec::SslMode::Require;
  EXPECT_THAT(reasons(), Contains("DatabaseTls/TlsNotAsAsked!")) << "it is not offered";
  const Tls tls{database_servers()};
  EXPECT_THAT(reasons(), IsEmpty()) << "any certificate will do";
  access.target.ssl_mode = spec::SslMode::VerifyFull;
  access.target.ssl_root_cert = tls.stranger();
  EXPECT_THAT(reasons(), Contains("DatabaseTls/TlsNotAsAsked!"));
  EXPECT_THAT(findings()[0].message, HasSubstr("certificate verify failed"));
  access.target.ssl_root_cert = tls.authority();
  EXPECT_THAT(reasons(), IsEmpty());
  access.target.host = "localhost";
  EXPECT_THAT(reasons(), Contains("DatabaseTls/TlsNotAsAsked!")) << "the certificate is for 127.0.0.1";
}

TEST_F(Preflight, SaysWhenAPoolerHandsSessionsToAnybody) {
  const Pooler transactions{database_servers(), "transaction"};
  access.target.port = transactions.port();
  EXPECT_THAT(reasons(), Contains("DirectConnection/TransactionPooler!"));
  const auto locked = wait(database().lock(access, ledger_key()));
  ASSERT_FALSE(locked) << "nor is a lock taken through it";
  EXPECT_EQ(locked.error().code, ErrorCode::invalid);
  EXPECT_THAT(locked.error().message, HasSubstr("transaction mode"));
}

TEST_F(Preflight, APoolerInSessionModeIsAsGoodAsTheServer) {
  const Pooler sessions{database_servers(), "session"};
  access.target.port = sessions.port();
  EXPECT_THAT(reasons(), IsEmpty());
  const auto locked = wait(database().lock(access, ledger_key()));
  ASSERT_TRUE(locked) << locked.error().message;
  EXPECT_TRUE(locked->held);
  EXPECT_TRUE(wait(database().confirm(access, ledger_key())));
}

TEST_F(Preflight, SaysWhenAPoolerRefuses) {
  const Pooler sessions{database_servers(), "session"};
  access.target.port = sessions.port();
  ::setenv("PGOPTIONS", "-c lock_timeout=5s", 1);
  const auto found = reasons();
  ::unsetenv("PGOPTIONS");
  EXPECT_THAT(found, Contains("DirectConnection/PoolerRefuses!"));
}

TEST_F(Preflight, SaysWhenTheServerIsAReplica) {
  const Standby standby{database_servers()};
  access.target.port = standby.port();
  EXPECT_THAT(reasons(), testing::ElementsAre("DatabaseWritable/Replica!"));
  const auto locked = wait(database().lock(access, ledger_key()));
  ASSERT_FALSE(locked);
}

TEST_F(Preflight, SaysWhenTheMigrationUserCannotChangeTheSchema) {
  sql("ALTER SCHEMA public OWNER TO postgres");
  EXPECT_THAT(reasons(), Contains("MigrationUserPrivileges/MigrationUserCannotChangeSchema!"));
}

TEST_F(Preflight, SaysWhichTablesTheMigrationUserDoesNotOwn) {
  sql("CREATE TABLE foreign_one (id int)");
  EXPECT_THAT(reasons(), Contains("MigrationUserPrivileges/MigrationUserOwnsNotAll!"));
  EXPECT_THAT(findings()[0].message, HasSubstr("public.foreign_one"));
}

TEST_F(Preflight, SaysWhenTheApplicationUserCanChangeTheSchemaAndStrictBlocks) {
  sql("GRANT CREATE ON SCHEMA public TO app");
  EXPECT_THAT(reasons(), testing::ElementsAre("ApplicationUserRestricted/ApplicationUserCanChangeSchema"));
  EXPECT_THAT(reasons(true), testing::ElementsAre("ApplicationUserRestricted/ApplicationUserCanChangeSchema!"));
  access.application = access.migration;
  sql("REVOKE CREATE ON SCHEMA public FROM app");
  EXPECT_THAT(reasons(true), testing::ElementsAre("ApplicationUserRestricted/ApplicationUserCanChangeSchema!"));
}

TEST_F(Preflight, SaysWhichExtensionsAreMissing) {
  access.target.extensions = {"plpgsql", "no_such_extension"};
  EXPECT_THAT(reasons(), testing::ElementsAre("ExtensionsPresent/ExtensionNotInstalled!"));
  access.target.extensions = {"pg_trgm"};
  EXPECT_THAT(reasons(), testing::ElementsAre("ExtensionsPresent/ExtensionMissing")) << "trusted: its owner may";
  access.target.extensions = {"pageinspect"};
  EXPECT_THAT(reasons(), testing::ElementsAre("ExtensionsPresent/ExtensionMissing!"));
  EXPECT_THAT(findings()[0].message, HasSubstr("CREATE EXTENSION"));
  sql("CREATE EXTENSION pageinspect");
  EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(Preflight, SaysWhenTheServerIsReadOnly) {
  sql("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  EXPECT_THAT(reasons(), Contains("DatabaseWritable/ReadOnly!"));
}

TEST_F(Preflight, SaysWhenConnectionsRunOut) {
  sql("ALTER DATABASE " + name + " CONNECTION LIMIT 3");
  EXPECT_THAT(reasons(), Contains("FreeConnections/FewConnections!"));
  sql("ALTER DATABASE " + name + " CONNECTION LIMIT 0");
  EXPECT_THAT(reasons(), Contains("FreeConnections/NoFreeConnections!"));
}

TEST_F(Preflight, SaysWhenAUserMayHaveFewConnections) {
  sql("ALTER ROLE migration CONNECTION LIMIT 2");
  const auto found = reasons();
  sql("ALTER ROLE migration CONNECTION LIMIT -1");
  EXPECT_THAT(found, testing::ElementsAre("FreeConnections/FewConnections!"));
}

// A session of the application's own that begins a transaction, and what it does in it.
class Session {
 public:
  Session(const ports::DatabaseAccess& access, const std::string& statement) {
    const auto& target = access.target;
    Program program;
    program.command = {"psql",
                       "-X",
                       "-q",
                       "-c",
                       "BEGIN",
                       "-c",
                       statement,
                       "-c",
                       "\\! exec sleep 8",
                       "-h",
                       target.host,
                       "-p",
                       std::to_string(target.port),
                       "-U",
                       access.application.user,
                       "-d",
                       target.name};
    program.environment = {{"PGPASSWORD", access.application.password.reveal()}};
    process_ = std::make_unique<Process>(program);
  }

 private:
  std::unique_ptr<Process> process_;
};

TEST_F(Preflight, SaysWhichSessionsDdlWouldQueueBehind) {
  const auto until = [&](const std::string& reason) {
    std::vector<std::string> found;
    for (int i = 0; i < 50 && found.empty(); ++i) {
      std::this_thread::sleep_for(100ms);
      found = reasons();
    }
    EXPECT_THAT(found, testing::ElementsAre("NoBlockingSessions/" + reason));
    EXPECT_TRUE(!findings().empty() && findings()[0].passes);
  };
  {
    const Session idle{access, "SELECT 1"};
    until("IdleInTransaction");
  }
  const Session busy{access, "SELECT pg_sleep(8)"};
  std::this_thread::sleep_for(200ms);
  until("LongTransaction");
}

TEST_F(Preflight, SaysWhichTransactionIsPreparedAndForgotten) {
  sql("CREATE TABLE t (a int)");
  sql("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'it''s stuck'");
  std::this_thread::sleep_for(1500ms);
  const auto found = findings();
  sql("ROLLBACK PREPARED 'it''s stuck'");
  const auto told = std::ranges::find(found, spec::Reason::PreparedTransaction, &objects::Finding::reason);
  ASSERT_NE(told, found.end());
  EXPECT_FALSE(told->blocks);
  EXPECT_THAT(told->message, HasSubstr("transaction it's stuck of user postgres is prepared since 20"));
  EXPECT_THAT(told->message, HasSubstr("COMMIT PREPARED 'it''s stuck'"));
}

TEST_F(Preflight, SaysWhichIndexABuildHasLeftBehind) {
  sql("SET ROLE migration; CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)");
  EXPECT_THROW(sql("CREATE UNIQUE INDEX CONCURRENTLY \"t a\" ON t (a)"), std::runtime_error) << "1 is there twice";
  const auto found = findings();
  const auto told = std::ranges::find(found, spec::Reason::InvalidIndex, &objects::Finding::reason);
  ASSERT_NE(told, found.end());
  EXPECT_EQ(told->type, "IndexesValid");
  EXPECT_FALSE(told->blocks);
  EXPECT_THAT(told->message, HasSubstr("DROP INDEX CONCURRENTLY public.\"t a\""));
  sql("DROP INDEX CONCURRENTLY \"t a\"");
  sql("DELETE FROM t");
  sql("CREATE UNIQUE INDEX CONCURRENTLY \"t a\" ON t (a)");
  EXPECT_THAT(reasons(), testing::Not(Contains("IndexesValid/InvalidIndex")));
}

// What the server keeps for others cannot be had: for superusers, and from 16 on for pg_use_reserved_connections.
TEST_F(Preflight, CountsNoConnectionThatIsReservedForOthers) {
  const bool has_own = std::stoi(sql("SHOW server_version_num")) >= 160000;
  // Of 300, with 3 for superusers.
  const std::string setting = has_own ? "reserved_connections = 294" : "superuser_reserved_connections = 297";
  auto& servers = database_servers();
  const auto with = [&](const std::string& statement) {
    sql(statement);
    servers.run("stop-postgres");
    servers.run("start-postgres");
  };
  with("ALTER SYSTEM SET " + setting);
  const auto found = reasons();
  with("ALTER SYSTEM RESET ALL");
  EXPECT_THAT(found, Contains("FreeConnections/FewConnections!"));
}

TEST_F(Preflight, SaysWhenTheLedgerIsOfAnOlderFormat) {
  sql("SET ROLE migration; CREATE TABLE teal_migrations (id int, application text)");
  EXPECT_THAT(reasons(), Contains("LedgerUsable/LedgerFormat!"));
  const auto locked = wait(database().lock(access, ledger_key()));
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::invalid) << "waiting does not mend it";
  EXPECT_THAT(locked.error().message, HasSubstr("older format"));
}

}  // namespace
}  // namespace teal::test
