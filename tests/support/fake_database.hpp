// A database in memory: a server that outlives any teald, and what one teald has of it. Held to the same conformance
// suite as PostgreSQL; faults on demand.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/database.hpp"

namespace teal::test {

// One server with any number of databases. Sessions are numbers; a lock goes with its session.
struct FakeServer {
  struct Row {
    ports::LedgerKey key;
    std::string database;  // its name
    std::int64_t id = 0;
    Time started{};
    std::optional<world::LedgerOutcome> outcome;
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
  std::map<std::string, Lock> locks;  // one a database, by its name
  std::vector<objects::Finding> findings;
  std::vector<std::string> ungranted;
  std::optional<world::LockHolder> waiter;  // for whichever lock is held
  int sessions = 0;

  // Every session ends: a restart, or somebody who ends them.
  void drop_sessions() { locks.clear(); }
  // Somebody else takes the lock, if it is free.
  bool take(const std::string& database, const std::string& program);
  void give_back(const std::string& database) { locks.erase(database); }
};

class FakeDatabase final : public ports::Database {
 public:
  FakeDatabase(FakeServer& server, const ports::Clock& clock) : server_(server), clock_(clock) {}
  ~FakeDatabase() override;

  boost::asio::awaitable<Result<world::DatabaseView>> lock(ports::DatabaseAccess access, ports::LedgerKey key) override;
  boost::asio::awaitable<Result<world::DatabaseView>> look(ports::DatabaseAccess access, ports::LedgerKey key) override;
  boost::asio::awaitable<Result<world::DatabaseView>> begin(ports::DatabaseAccess access,
                                                            ports::LedgerKey key) override;
  boost::asio::awaitable<Result<world::DatabaseView>> finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                             world::LedgerOutcome outcome,
                                                             std::optional<int> exit_code) override;
  boost::asio::awaitable<Result<world::DatabaseView>> abandon(ports::DatabaseAccess access,
                                                              ports::LedgerKey key) override;
  boost::asio::awaitable<Result<void>> confirm(ports::DatabaseAccess access, ports::LedgerKey key) override;
  boost::asio::awaitable<Result<void>> unlock(ports::DatabaseAccess access, ports::LedgerKey key) override;
  boost::asio::awaitable<Result<std::vector<objects::Finding>>> preflight(ports::DatabaseAccess access,
                                                                          ports::LedgerKey key, bool strict) override;
  boost::asio::awaitable<Result<std::vector<std::string>>> ungranted(ports::DatabaseAccess access,
                                                                     ports::LedgerKey key) override;

 private:
  // A session of one application in one database, as the adapter for PostgreSQL keeps it.
  using Place = std::pair<std::string, std::string>;
  struct Held {
    int session = 0;
    std::set<std::string> jobs;
  };

  [[nodiscard]] bool holds(const Place& place) const;
  [[nodiscard]] bool holds_for(const ports::DatabaseAccess& access, const ports::LedgerKey& key) const;
  [[nodiscard]] std::optional<Error> problem() const;
  [[nodiscard]] world::DatabaseView view(const ports::DatabaseAccess& access, const ports::LedgerKey& key) const;
  void close_open(const ports::DatabaseAccess& access, const ports::LedgerKey& key);
  void add_row(const ports::DatabaseAccess& access, const ports::LedgerKey& key, std::string before);

  FakeServer& server_;
  const ports::Clock& clock_;
  std::map<Place, Held> held_;
};

}  // namespace teal::test
