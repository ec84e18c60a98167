// Migrates a database to this release's schema.
#pragma once

#include "daemon/drivers/stores/sqlite/connection.hpp"

namespace teal::sqlite {

// Applies what is missing of migrations/sqlite, in order, each in one transaction. Throws Failure: conflict when a
// newer release has written the database; invalid when it is a database of something else.
void bring_up_to_date(Connection& connection);

}  // namespace teal::sqlite
