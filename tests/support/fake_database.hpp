// A database in memory: a server that outlives any teald, and what one teald has of it. Held to the same contract suite
// as PostgreSQL; faults on demand.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/database.hpp"

namespace teal {

// One server with any number of databases. Sessions are numbers; a lock goes with its session.
struct FakeServer {
  struct Row {
    LedgerKey key;
    std::int64_t id = 0;
    Time started{};
    std::optional<LedgerOutcome> outcome;
    std::string before;
    std::string after;
  };
  struct Lock {
    int session = 0;
    std::string program;
  };

  bool away = false;        // answers nobody
  bool unwritable = false;  // the ledger takes nothing
  std::string schema = "empty";
  std::vector<Row> rows;
  std::map<std::string, Lock> locks;  // by application
  std::vector<DatabaseFinding> findings;
  std::vector<std::string> ungranted;
  int sessions = 0;

  // Every session ends: a restart, or somebody who ends them.
  void drop_sessions() { locks.clear(); }
  // Somebody else takes the lock, if it is free.
  bool take(const std::string& application, const std::string& program);
  void give_back(const std::string& application) { locks.erase(application); }
};

class FakeDatabase final : public Database {
 public:
  FakeDatabase(FakeServer& server, const Clock& clock) : server_(server), clock_(clock) {}
  ~FakeDatabase() override;

  boost::asio::awaitable<Result<DatabaseView>> lock(DatabaseAccess access, LedgerKey key) override;
  boost::asio::awaitable<Result<DatabaseView>> look(DatabaseAccess access, LedgerKey key) override;
  boost::asio::awaitable<Result<DatabaseView>> begin(DatabaseAccess access, LedgerKey key) override;
  boost::asio::awaitable<Result<DatabaseView>> finish(DatabaseAccess access, LedgerKey key, LedgerOutcome outcome,
                                                      std::optional<int> exit_code) override;
  boost::asio::awaitable<Result<DatabaseView>> abandon(DatabaseAccess access, LedgerKey key) override;
  boost::asio::awaitable<Result<void>> confirm(DatabaseAccess access, LedgerKey key) override;
  boost::asio::awaitable<Result<void>> unlock(DatabaseAccess access, LedgerKey key) override;
  boost::asio::awaitable<Result<std::vector<DatabaseFinding>>> preflight(DatabaseAccess access, LedgerKey key,
                                                                         bool strict) override;
  boost::asio::awaitable<Result<std::vector<std::string>>> ungranted(DatabaseAccess access, LedgerKey key) override;

 private:
  [[nodiscard]] bool holds(const std::string& application) const;
  [[nodiscard]] std::optional<Error> problem() const;
  [[nodiscard]] DatabaseView view(const LedgerKey& key) const;
  void close_open(const LedgerKey& key);

  FakeServer& server_;
  const Clock& clock_;
  std::map<std::string, std::pair<int, std::set<std::string>>> held_;  // by application: session, jobs
};

}  // namespace teal
