// A fingerprint of a schema: one line of text that is equal for equal schemas only.
#pragma once

#include <string>

namespace teal::postgres {

// A query with one column `fingerprint`, of all schemas that are not the server's own. Left out: the ledger itself,
// owners, privileges, comments and data. Sequences count by name and type, not by their value.
[[nodiscard]] const std::string& fingerprint_query();

// A query with one column `relations`: an array of "schema.name" of all tables, views and sequences, the ledger left
// out.
[[nodiscard]] const std::string& relations_query();

}  // namespace teal::postgres
