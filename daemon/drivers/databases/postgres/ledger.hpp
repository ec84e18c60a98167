// The table teal_migrations and the migration lock, on one connection. Everything throws what libpqxx throws, and Unfit
// for a table that this Teal must not write to.
#pragma once

#include <optional>
#include <pqxx/transaction_base>
#include <string>

#include "controllers/ports/database.hpp"
#include "daemon/drivers/databases/postgres/session.hpp"

namespace teal::postgres {

// The migration lock is a session's advisory lock, which PostgreSQL keeps for each database: whoever would migrate one,
// for whatever application, takes the same. People too, and not with pg_advisory_lock, whose waiting holds up an index
// that is built CONCURRENTLY without either noticing:
//   SELECT pg_try_advisory_lock(hashtextextended('teal', 0));
[[nodiscard]] bool try_lock(Connection& connection);
[[nodiscard]] bool holds_lock(pqxx::transaction_base& work);
void unlock(Connection& connection);
[[nodiscard]] std::optional<world::LockHolder> lock_holder(pqxx::transaction_base& work);
// Who waits longest for it in a session of this database.
[[nodiscard]] std::optional<world::LockHolder> lock_waiter(pqxx::transaction_base& work);

// Its name with the schema, for SQL; none: there is no ledger yet. Throws Unfit.
[[nodiscard]] std::optional<std::string> find_ledger(pqxx::transaction_base& work, const spec::DatabaseTarget& target);
// Makes it in the first of the schemas, where there is none.
void make_ledger(Connection& connection, const spec::DatabaseTarget& target);

// The rows that a pass needs, put into the view: the job's own of this image, and those that are open. Throws
// Unfit for a row that makes no sense.
void read_rows(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key,
               world::DatabaseView& view);
void begin_row(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key);
void finish_row(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key,
                world::LedgerOutcome outcome, std::optional<int> exit_code);
void close_open_rows(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key);
// A GRANT … ON ALL TABLES reaches the ledger too; the application has no business with it.
void keep_from(pqxx::transaction_base& work, const std::string& ledger, const std::string& user);

}  // namespace teal::postgres
