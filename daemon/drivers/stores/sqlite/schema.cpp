#include "daemon/drivers/stores/sqlite/schema.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string>

#include "daemon/runtime/embedded.hpp"

namespace teal::sqlite {
namespace {

int number_of(std::string_view file) {
  int number = 0;
  std::from_chars(file.data(), file.data() + file.size(), number);
  return number;
}

std::map<int, std::string> applied(Connection& connection) {
  std::map<int, std::string> versions;
  Statement rows(connection, "SELECT version, name FROM schema_migrations");
  while (rows.next()) versions[static_cast<int>(rows.integer(0))] = rows.text(1);
  return versions;
}

bool has_table(Connection& connection, std::string_view name) {
  Statement row(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name);
  return row.next();
}

}  // namespace

void bring_up_to_date(Connection& connection) {
  if (!has_table(connection, "schema_migrations")) {
    Statement any(connection, "SELECT name FROM sqlite_schema LIMIT 1");
    if (any.next()) {
      throw Failure(
          {ErrorCode::invalid, fmt::format("{}: is a database of another program (it has {}), not one of Teal's",
                                           connection.path(), any.text(0))});
    }
  }
  connection.execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
      " applied_at TEXT NOT NULL) STRICT");
  const auto [files, count] = embedded::sqlite_migrations();
  const auto done = applied(connection);
  const std::string_view newest = count == 0 ? std::string_view{} : files[count - 1].first;
  if (!done.empty() && done.rbegin()->first > number_of(newest)) {
    throw Failure(
        {ErrorCode::conflict,
         fmt::format("{}: a newer release of teald wrote this database ({}); this one knows it up to {}: start "
                     "that release, or restore a copy from before it",
                     connection.path(), done.rbegin()->second, newest)});
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [name, sql] = files[i];
    if (done.contains(number_of(name))) continue;
    Transaction transaction(connection);
    connection.execute(std::string(sql).c_str());
    Statement(connection, "INSERT INTO schema_migrations VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
              std::int64_t{number_of(name)}, name)
        .run();
    transaction.commit();
  }
}

}  // namespace teal::sqlite
