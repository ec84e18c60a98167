// The database that a migration changes: who may change it now (lock), what was done to it (ledger), whether it is fit
// to be changed (preflight). One Database speaks to any number of servers; a call says which one by its access.
//
// Every call has a deadline inside the adapter: a server that hangs costs an error, never a standstill. A lock belongs
// to a session that the adapter keeps from `lock` to `unlock`; it is gone with that session, so with this process.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controllers/ports/secrets.hpp"
#include "controllers/world/database.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/spec/application.hpp"

namespace teal::ports {

struct DatabaseLogin {
  std::string user;
  masking::Secret password;
};

// One database with both of its users, their values read at the moment of use.
struct DatabaseAccess {
  spec::DatabaseTarget target;
  DatabaseLogin application;
  DatabaseLogin migration;
};

// One attempt of one job, as a ledger knows it. `owner` is the store's own id: it tells installations of Teal apart.
struct LedgerKey {
  std::string application;
  std::string job;
  std::string owner;
  std::string image_digest;
  std::string version;
  int revision = 0;
  int attempt = 0;  // from 1; 0: of no attempt yet

  bool operator==(const LedgerKey&) const = default;
};

class Database {
 public:
  virtual ~Database() = default;

  // Takes the database's one migration lock for an application unless somebody holds it (another application of this
  // very process included), and makes the ledger where there is none. Already held for another job of the application
  // is success. Errors: unavailable, timed_out; denied (login, privileges); invalid (a transaction pooler stands
  // between, a ledger of another format).
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::DatabaseView>> lock(DatabaseAccess access,
                                                                                 LedgerKey key) = 0;
  // The same without taking anything; changes nothing, and fails where `lock` would.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::DatabaseView>> look(DatabaseAccess access,
                                                                                 LedgerKey key) = 0;
  // Notes that the attempt begins, with the schema's fingerprint; what older attempts left open is closed as Unknown.
  // Once more for the same attempt is success. Errors: as above; conflict when this process does not hold the lock.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::DatabaseView>> begin(DatabaseAccess access,
                                                                                  LedgerKey key) = 0;
  // Notes how it ended. An attempt that is closed already stays as it is: the view says what stands there.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::DatabaseView>> finish(DatabaseAccess access, LedgerKey key,
                                                                                   world::LedgerOutcome outcome,
                                                                                   std::optional<int> exit_code) = 0;
  // Closes as Unknown whatever attempt of the job is open, whoever began it. Errors: as for `begin`.
  [[nodiscard]] virtual boost::asio::awaitable<Result<world::DatabaseView>> abandon(DatabaseAccess access,
                                                                                    LedgerKey key) = 0;
  // Whether this process holds the lock at this very moment. Errors: conflict when it does not.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> confirm(DatabaseAccess access, LedgerKey key) = 0;
  // Gives the lock back; not held is success.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> unlock(DatabaseAccess access, LedgerKey key) = 0;

  // Looks at the database with both users; changes nothing that stays. A server that cannot be reached is a finding.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<objects::Finding>>> preflight(DatabaseAccess access,
                                                                                                LedgerKey key,
                                                                                                bool strict) = 0;
  // Tables, views and sequences that the job made for this image and that the application user can do nothing with:
  // "public.invoices".
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<std::string>>> ungranted(DatabaseAccess access,
                                                                                           LedgerKey key) = 0;
};

// Reads both users' names and passwords. Errors name the source, never a value.
[[nodiscard]] boost::asio::awaitable<Result<DatabaseAccess>> read_access(Secrets& secrets, spec::DatabaseTarget target);

}  // namespace teal::ports
