#include "tests/sample_app/database.hpp"

#include <libpq-fe.h>

namespace sample {
namespace {

constexpr std::size_t kept_connections = 8;

std::string one_line(const char* message) {
  std::string text;
  for (const char* c = message; *c != '\0'; ++c) {
    if (*c == '\n' || *c == '\t') {
      if (!text.empty() && text.back() != ' ') text += ' ';
    } else {
      text += *c;
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

void Connection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

Connection::Connection(const Settings& settings) {
  const char* keys[] = {"host", "port", "dbname", "user", "password", "connect_timeout", "application_name", nullptr};
  const std::string name = "sample " + settings.version;
  const char* values[] = {settings.db_host.c_str(),
                          settings.db_port.c_str(),
                          settings.db_name.c_str(),
                          settings.db_user.c_str(),
                          settings.db_password.c_str(),
                          "2",
                          name.c_str(),
                          nullptr};
  connection_.reset(PQconnectdbParams(keys, values, 0));
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw DatabaseError(one_line(PQerrorMessage(connection_.get())));
}

std::vector<Row> Connection::query(const std::string& sql, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  for (const auto& value : values) texts.push_back(value.c_str());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(texts.size()), nullptr, texts.data(), nullptr,
                   nullptr, 0),
      &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw DatabaseError(one_line(PQerrorMessage(connection_.get())));
  }
  std::vector<Row> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    Row& cells = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      cells.emplace_back(PQgetvalue(result.get(), row, column));
    }
  }
  return rows;
}

std::vector<Row> Pool::query(const std::string& sql, const std::vector<std::string>& values) {
  std::unique_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  std::vector<Row> rows;
  if (connection != nullptr) {
    try {
      rows = connection->query(sql, values);
    } catch (const DatabaseError&) {
      // Perhaps only the kept connection is dead: those kept beside it are no better, so all go.
      connection.reset();
      const std::lock_guard lock(mutex_);
      idle_.clear();
    }
  }
  if (connection == nullptr) {
    connection = std::make_unique<Connection>(settings_);
    rows = connection->query(sql, values);
  }
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kept_connections) idle_.push_back(std::move(connection));
  return rows;
}

}  // namespace sample
