// Every finding of preflight on real parts, told in every way: condition, event, `teal preflight` and `teal plan`. How
// PostgreSQL is brought into each state is tried in more detail by tests/conformance/postgres_preflight_test.cpp.
#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <optional>
#include <thread>

#include "tests/integration/stage.hpp"
#include "tests/support/postgres_surroundings.hpp"

namespace teal::test {
namespace {

// A database in trouble: what is done to it, how the manifest names it, and what has to be said.
struct Trouble {
  std::string name;  // of application and database
  std::string type;
  std::string reason;
  std::string sql = "";        // run in the database
  std::string host = "";       // else the server's
  int port = 0;                // else the server's
  std::string database = "";   // else the trouble's own
  std::string user_file = "";  // of the migration user; else the server's
  std::string app_file = "";   // password of the application user; else the server's
  std::string more = "";       // further words of the manifest's database
  bool waits = false;          // it may pass: nothing is given up
};

class Preflight : public Stage {
 protected:
  // A transaction counts as long after a minute: it is begun before all else, and looked for in the last test.
  static void SetUpTestSuite() {
    servers().run("create-database", {"loose"});
    begun = std::chrono::steady_clock::now();
    busy = session("loose", "SELECT pg_sleep(300)");
  }
  static void TearDownTestSuite() { busy.reset(); }

  [[nodiscard]] static std::string secret(const char* name) { return servers().value(name); }

  [[nodiscard]] std::string manifest_of(const Trouble& trouble) const {
    const auto database = trouble.database.empty() ? trouble.name : trouble.database;
    return fmt::format(
        "apiVersion: teal/v1\nkind: Application\nmetadata: {{name: {}}}\nspec:\n  version: \"1\"\n  image: sample\n"
        "  pullPolicy: Never\n  env: {{DB__HOST: {}, DB__PORT: \"{}\", DB__NAME: {}, DB__USER: app, DB__PASSWORD: "
        "{{fromFile: {}}}}}\n  migration:\n    jobs:\n      - name: default\n        command: [./upgrade_schema.sh, "
        "upgrade]\n        mounts: [{{source: {}, target: {}}}]\n        credentials: {{DB__USER: migration, "
        "DB__PASSWORD: {{fromFile: {}}}}}\n        database: {{host: {}, port: {}, name: {}, application: {{user: app, "
        "password: {{fromFile: {}}}}}, migration: {{user: migration, password: {{fromFile: {}}}}}{}}}\n  components: "
        "[{{name: worker, command: [./worker], mounts: [{{source: {}, target: {}}}]}}]\n  rollout: {{bake: 100ms}}\n",
        trouble.name, secret("PG_SOCKET_DIR"), secret("PG_PORT"), database, secret("PG_APP_PASSWORD_FILE"),
        secret("PG_SOCKET_DIR"), secret("PG_SOCKET_DIR"), secret("PG_MIGRATION_PASSWORD_FILE"),
        trouble.host.empty() ? secret("PG_HOST") : trouble.host,
        trouble.port == 0 ? secret("PG_PORT") : std::to_string(trouble.port), database,
        trouble.app_file.empty() ? secret("PG_APP_PASSWORD_FILE") : trouble.app_file,
        trouble.user_file.empty() ? secret("PG_MIGRATION_PASSWORD_FILE") : trouble.user_file,
        trouble.more.empty() ? "" : ", " + trouble.more, secret("PG_SOCKET_DIR"), secret("PG_SOCKET_DIR"));
  }
  void provoke(const Trouble& trouble) {
    servers().run("create-database", {trouble.name});
    if (!trouble.sql.empty()) servers().run("psql", {"-d", trouble.name, "-q", "-c", trouble.sql});
    teald().save(trouble.name + ".yaml", manifest_of(trouble));
  }
  void expect_told(const Trouble& trouble) {
    SCOPED_TRACE(trouble.name + ": " + trouble.reason);
    EXPECT_TRUE(eventually("the condition is false", 20s, [&] {
      return condition(trouble.type, "status", trouble.name) == "False" &&
             condition(trouble.type, "reason", trouble.name) == trouble.reason;
    })) << boost::json::serialize(application(trouble.name));
    const auto message = condition(trouble.type, "message", trouble.name);
    EXPECT_FALSE(told(trouble.reason, trouble.name).empty()) << "no event";
    const auto looked = teal({"preflight", trouble.name});
    EXPECT_NE(looked.text.find(trouble.type), std::string::npos) << looked.text;
    EXPECT_NE(looked.text.find(trouble.reason), std::string::npos) << looked.text;
    const auto json = teal({"plan", trouble.name, "-o", "json"}).text;
    EXPECT_NE(json.find(trouble.reason), std::string::npos) << json;
    EXPECT_NE(teal({"plan", trouble.name}).text.find(trouble.reason), std::string::npos) << message;
  }
  void expect_stopped(const Trouble& trouble) {
    SCOPED_TRACE(trouble.name);
    EXPECT_EQ(teal({"preflight", trouble.name}).status, 1) << "something blocks";
    if (trouble.waits) {
      EXPECT_EQ(phase(1, trouble.name), "Preparing");
    } else {
      EXPECT_EQ(ended(1, 20s, trouble.name), "Failed");
      EXPECT_EQ(text_at(rollout(1, trouble.name), "/status/failureReason"), "PreflightFailed");
    }
    for (const auto& one : containers()) EXPECT_EQ(one.find(trouble.name), std::string::npos) << "it was started";
  }
  void expect_all(const std::vector<Trouble>& troubles) {
    for (const auto& one : troubles) provoke(one);
    for (const auto& one : troubles) {
      expect_told(one);
      expect_stopped(one);
    }
  }
  [[nodiscard]] std::string wrong_password() const {
    const auto path = folder() + "/wrong";
    std::ofstream{path} << "not-the-password\n";
    run_program({"chmod", "600", path});
    return path;
  }
  // A session of the application's own in a transaction, for so long.
  [[nodiscard]] static std::unique_ptr<Process> session(const std::string& database, const std::string& statement) {
    auto password = read_text(secret("PG_APP_PASSWORD_FILE"));
    while (password.ends_with('\n')) password.pop_back();
    Program program;
    program.command = {"psql",   "-X", "-q",    "-h", secret("PG_HOST"), "-p", secret("PG_PORT"),  "-U", "app", "-d",
                       database, "-c", "BEGIN", "-c", statement,         "-c", "\\! exec sleep 30"};
    program.environment = {{"PGPASSWORD", password}};
    return std::make_unique<Process>(program);
  }

  static inline std::unique_ptr<Process> busy;
  static inline std::chrono::steady_clock::time_point begun;
};

TEST_F(Preflight, WhatBlocksIsToldInEveryWayAndNothingStarts) {
  const auto wrong = wrong_password();
  const std::string alter = "ALTER DATABASE ";
  expect_all({
      {.name = "away", .type = "DatabaseReachable", .reason = "Unreachable", .port = free_port(), .waits = true},
      {.name = "owner", .type = "DatabaseReachable", .reason = "MigrationLoginRefused", .user_file = wrong},
      {.name = "user", .type = "DatabaseReachable", .reason = "ApplicationLoginRefused", .app_file = wrong},
      {.name = "nowhere", .type = "DatabaseReachable", .reason = "NoSuchDatabase", .database = "not-there"},
      {.name = "plain", .type = "DatabaseTls", .reason = "TlsNotAsAsked", .more = "sslMode: require"},
      {.name = "readonly",
       .type = "DatabaseWritable",
       .reason = "ReadOnly",
       .sql = alter + "readonly SET default_transaction_read_only = on"},
      {.name = "few",
       .type = "FreeConnections",
       .reason = "FewConnections",
       .sql = alter + "few CONNECTION LIMIT 2",
       .waits = true},
      {.name = "crowded",
       .type = "FreeConnections",
       .reason = "NoFreeConnections",
       .sql = alter + "crowded CONNECTION LIMIT 0",
       .waits = true},
      {.name = "notmine",
       .type = "MigrationUserPrivileges",
       .reason = "MigrationUserCannotChangeSchema",
       .sql = "ALTER SCHEMA public OWNER TO postgres"},
      {.name = "notall",
       .type = "MigrationUserPrivileges",
       .reason = "MigrationUserOwnsNotAll",
       .sql = "CREATE TABLE theirs (id int)"},
      {.name = "nosuch",
       .type = "ExtensionsPresent",
       .reason = "ExtensionNotInstalled",
       .more = "extensions: [no_such_extension]"},
      {.name = "untrusted",
       .type = "ExtensionsPresent",
       .reason = "ExtensionMissing",
       .more = "extensions: [pageinspect]"},
      {.name = "ledger",
       .type = "LedgerUsable",
       .reason = "LedgerFormat",
       .sql = "SET ROLE migration; CREATE TABLE teal_migrations (id int)"},
  });
}

TEST_F(Preflight, APoolerAReplicaAndAStrangersCertificateAreRefused) {
  servers().run("create-database", {"copied"});  // before the copy is made
  const Standby standby{servers()};
  const Pooler transactions{servers(), "transaction"};
  const Pooler sessions{servers(), "session"};
  const Tls tls{servers()};
  expect_all({
      {.name = "pooled", .type = "DirectConnection", .reason = "TransactionPooler", .port = transactions.port()},
      {.name = "copied", .type = "DatabaseWritable", .reason = "Replica", .port = standby.port()},
      {.name = "stranger",
       .type = "DatabaseTls",
       .reason = "TlsNotAsAsked",
       .more = "sslMode: verify-full, sslRootCert: " + tls.stranger()},
  });
  // And what is as good as the server itself.
  const Trouble none{.name = "fit", .type = "", .reason = "", .port = sessions.port()};
  const Trouble secure{
      .name = "secure", .type = "", .reason = "", .more = "sslMode: verify-full, sslRootCert: " + tls.authority()};
  for (const auto& one : {none, secure}) {
    provoke(one);
    EXPECT_TRUE(complete(1, 40s, one.name));
    EXPECT_EQ(condition("Preflight", "status", one.name), "True");
    EXPECT_EQ(teal({"preflight", one.name}).status, 0);
  }
}

TEST_F(Preflight, WhatDoesNotBlockIsToldAllTheSame) {
  const Trouble loose{.name = "loose",
                      .type = "ApplicationUserRestricted",
                      .reason = "ApplicationUserCanChangeSchema",
                      .sql = "GRANT CREATE ON SCHEMA public TO app",
                      .more = "extensions: [pg_trgm]"};
  const auto idle = session(loose.name, "SELECT 1");
  std::this_thread::sleep_for(1200ms);
  provoke(loose);
  using Finding = std::pair<std::string, std::string>;
  for (const auto& [type, reason] :
       {Finding{loose.type, loose.reason}, Finding{"ExtensionsPresent", "ExtensionMissing"}}) {
    auto one = loose;
    one.type = type;
    one.reason = reason;
    expect_told(one);
  }
  // By its event: where tests took long so far, the condition names the session below, which is the worse one by then.
  EXPECT_TRUE(eventually("the idle session is told", 20s, [&] { return !told("IdleInTransaction", loose.name).empty(); }));
  EXPECT_TRUE(complete(1, 40s, loose.name)) << "nothing of it blocks";
  const auto looked = teal({"preflight", loose.name});
  EXPECT_EQ(looked.status, 0);
  EXPECT_NE(looked.text.find("is idle in transaction"), std::string::npos) << looked.text;
  // One that has run for over a minute.
  std::this_thread::sleep_until(begun + 61s);
  auto again = manifest_of(loose);
  teald().save(loose.name + ".yaml", again.replace(again.find("\"1\""), 3, "\"2\""));
  auto slow = loose;
  slow.type = "NoBlockingSessions";
  slow.reason = "LongTransaction";
  expect_told(slow);
}

}  // namespace
}  // namespace teal::test
