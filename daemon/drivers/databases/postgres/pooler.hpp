// Detects a connection pooler, and whether it shares one server session among several clients.
#pragma once

#include <optional>
#include <string>

#include "controllers/ports/database.hpp"
#include "daemon/drivers/databases/postgres/connection.hpp"

namespace teal::postgres {

// Why no lock can be held through this connection; none: it can. Opens a second connection only where a pooler answers.
[[nodiscard]] std::optional<std::string> transaction_pooler(Connection& connection, const spec::DatabaseTarget& target,
                                                            const ports::DatabaseLogin& login);

}  // namespace teal::postgres
