// Whether a connection verifies the identity of the server.
#pragma once

#include <optional>
#include <string>

#include "controllers/ports/database.hpp"

namespace teal::postgres {

// A Unix socket, a loopback address, or localhost. Other names are not looked up: they may lead elsewhere tomorrow.
[[nodiscard]] bool is_on_this_machine(const std::string& host);

// The finding that a server on another machine is not verified (sslMode below verify-full); it does not block. Whoever
// stands between could be who answers, and would be told the migration user's password.
[[nodiscard]] std::optional<objects::Finding> weak_identity(const spec::DatabaseTarget& target);

}  // namespace teal::postgres
