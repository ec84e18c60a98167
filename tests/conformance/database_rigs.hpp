// A fake and a PostgreSQL, each with an empty database for each test and two Teals that use it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "controllers/ports/database.hpp"
#include "tests/support/await.hpp"
#include "tests/support/servers.hpp"

namespace teal::test {

class DatabaseRig {
 public:
  virtual ~DatabaseRig() = default;
  [[nodiscard]] virtual ports::Database& ours() = 0;
  [[nodiscard]] virtual ports::Database& theirs() = 0;  // of another teald
  virtual void kill_theirs() = 0;                       // that teald is gone without a word
  virtual void end_sessions() = 0;                      // the server ends every one
  virtual void change_schema(int step) = 0;             // what a migration does
  [[nodiscard]] virtual ports::DatabaseAccess access() = 0;
};

[[nodiscard]] std::unique_ptr<DatabaseRig> fake_database_rig();
// Its PostgreSQL is started once for the whole executable.
[[nodiscard]] std::unique_ptr<DatabaseRig> postgres_rig();

// What tests of PostgreSQL alone use.
[[nodiscard]] Servers& database_servers();
[[nodiscard]] std::string fresh_database();  // its name
void drop(const std::string& database);      // whoever is in it: so that a copy of the server is soon made
[[nodiscard]] ports::DatabaseAccess access_to(const std::string& database);
std::string sql(const std::string& database, const std::string& statement);  // as the superuser
[[nodiscard]] ports::LedgerKey ledger_key(int attempt = 1, const std::string& owner = "owner-1");

}  // namespace teal::test
