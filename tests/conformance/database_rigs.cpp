#include "tests/conformance/database_rigs.hpp"

#include <fmt/format.h>

#include <fstream>

#include "daemon/drivers/databases/postgres/postgres_database.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "tests/support/fake_database.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {
namespace {

class FakeRig final : public DatabaseRig {
 public:
  ports::Database& ours() override { return ours_; }
  ports::Database& theirs() override { return *theirs_; }
  void kill_theirs() override { theirs_.reset(); }
  void end_sessions() override { server_.drop_sessions(); }
  void change_schema(int step) override { server_.schema = std::to_string(step); }
  ports::DatabaseAccess access() override { return {}; }

 private:
  SetClock clock_;
  FakeServer server_;
  FakeDatabase ours_{server_, clock_};
  std::unique_ptr<FakeDatabase> theirs_ = std::make_unique<FakeDatabase>(server_, clock_);
};

class PostgresRig final : public DatabaseRig {
 public:
  ~PostgresRig() override { drop(database_); }
  ports::Database& ours() override { return *ours_; }
  ports::Database& theirs() override { return *theirs_; }
  void kill_theirs() override { theirs_.reset(); }
  void end_sessions() override {
    sql(database_,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        "pg_backend_pid()");
  }
  void change_schema(int step) override { sql(database_, fmt::format("CREATE TABLE step_{} (id int)", step)); }
  ports::DatabaseAccess access() override { return access_to(database_); }

 private:
  std::string database_ = fresh_database();
  runtime::BlockingPool pool_{4};
  std::unique_ptr<ports::Database> ours_ = postgres::make_postgres(pool_, {});
  std::unique_ptr<ports::Database> theirs_ = postgres::make_postgres(pool_, {});
};

std::string content(const std::string& path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::unique_ptr<DatabaseRig> fake_database_rig() { return std::make_unique<FakeRig>(); }
std::unique_ptr<DatabaseRig> postgres_rig() { return std::make_unique<PostgresRig>(); }

Servers& database_servers() {
  static Servers servers;
  return servers;
}

std::string fresh_database() {
  static int number = 0;
  const auto name = fmt::format("db{}", ++number);
  database_servers().run("create-database", {name});
  return name;
}

void drop(const std::string& database) {
  database_servers().run("psql", {"-q", "-c", "DROP DATABASE " + database + " WITH (FORCE)"});
}

ports::DatabaseAccess access_to(const std::string& database) {
  auto& servers = database_servers();
  ports::DatabaseAccess access;
  access.target.host = servers.value("PG_HOST");
  access.target.port = std::stoi(servers.value("PG_PORT"));
  access.target.name = database;
  access.application = {"app", masking::Secret{content(servers.value("PG_APP_PASSWORD_FILE"))}};
  access.migration = {"migration", masking::Secret{content(servers.value("PG_MIGRATION_PASSWORD_FILE"))}};
  return access;
}

std::string sql(const std::string& database, const std::string& statement) {
  return database_servers().run("psql", {"-d", database, "-q", "-Atc", statement});
}

ports::LedgerKey ledger_key(int attempt, const std::string& owner) {
  ports::LedgerKey key;
  key.application = "shop";
  key.job = "default";
  key.owner = owner;
  key.image_digest = "sha256:1";
  key.version = "1.0.0";
  key.revision = 7;
  key.attempt = attempt;
  return key;
}

}  // namespace teal::test
