// The table teal_migrations, and the lock beside it, on one connection. Everything throws what libpqxx throws, and
// LedgerUnfit for a table that this Teal must not write to.
#pragma once

#include <optional>
#include <pqxx/connection>
#include <pqxx/transaction_base>
#include <stdexcept>
#include <string>

#include "controllers/ports/database.hpp"

namespace teal::postgres {

class LedgerUnfit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The lock's number is made by the server, so that people can take it too:
//   SELECT pg_advisory_lock(hashtextextended('teal/shop/' || current_database(), 0));
[[nodiscard]] bool try_lock(pqxx::connection& connection, const std::string& application);
[[nodiscard]] bool holds_lock(pqxx::transaction_base& work, const std::string& application);
void unlock(pqxx::connection& connection, const std::string& application);
[[nodiscard]] std::optional<LockHolder> lock_holder(pqxx::transaction_base& work, const std::string& application);

// Its name with the schema, for SQL; none: there is no ledger yet. Throws LedgerUnfit.
[[nodiscard]] std::optional<std::string> find_ledger(pqxx::transaction_base& work, const DatabaseTarget& target);
// Makes it in the first of the schemas, where there is none.
void make_ledger(pqxx::connection& connection, const DatabaseTarget& target);

// The rows that a pass needs: of this image, and those that are open. Throws LedgerUnfit for a row that makes no sense.
[[nodiscard]] std::vector<LedgerRow> read_rows(pqxx::transaction_base& work, const std::string& ledger,
                                               const LedgerKey& key);
void begin_row(pqxx::transaction_base& work, const std::string& ledger, const LedgerKey& key);
void finish_row(pqxx::transaction_base& work, const std::string& ledger, const LedgerKey& key, LedgerOutcome outcome,
                std::optional<int> exit_code);
void close_open_rows(pqxx::transaction_base& work, const std::string& ledger, const LedgerKey& key);
// A GRANT … ON ALL TABLES reaches the ledger too; the application has no business with it.
void keep_from(pqxx::transaction_base& work, const std::string& ledger, const std::string& user);

[[nodiscard]] std::vector<std::string> ungranted(pqxx::transaction_base& work, const std::string& ledger,
                                                 const LedgerKey& key, const std::string& user);

}  // namespace teal::postgres
