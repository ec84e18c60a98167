// Relations that a migration created and the application user has no privileges on.
#pragma once

#include <pqxx/transaction_base>
#include <string>
#include <vector>

#include "controllers/ports/database.hpp"

namespace teal::postgres {

// Of the relations that the ledger notes for this job and image: "public.invoices".
//
// Not those that are reached through another one: a partition or a child through its parent, a table through a view
// that reads it with its owner's rights. Not a migration tool's own history (flyway_schema_history, alembic_version, …)
// and not what an extension brings along, which are nobody's to grant.
[[nodiscard]] std::vector<std::string> ungranted(pqxx::transaction_base& work, const std::string& ledger,
                                                 const ports::LedgerKey& key, const std::string& user);

}  // namespace teal::postgres
