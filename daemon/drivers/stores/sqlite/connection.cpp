#include "daemon/drivers/stores/sqlite/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace teal::sqlite {
namespace {

Error explain(int code, const std::string& path, const char* words) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::unavailable,
              fmt::format("{}: the disk is full: free some space, teald goes on by itself", path)};
    case SQLITE_CORRUPT:
      return {ErrorCode::unavailable,
              fmt::format("{}: the database is damaged ({}): restore a copy, or move it away to start afresh", path,
                          words)};
    case SQLITE_NOTADB:
      return {ErrorCode::invalid, fmt::format("{}: is no SQLite database", path)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {
          ErrorCode::denied,
          fmt::format("{}: cannot be written ({}): teald's user needs to own the file and its folder", path, words)};
    case SQLITE_CANTOPEN:
      return {ErrorCode::denied, fmt::format("{}: cannot be opened ({})", path, words)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, fmt::format("{}: another program holds the database locked ({})", path, words)};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable, fmt::format("{}: {} (code {})", path, words, code)};
    case SQLITE_TOOBIG:
      return {ErrorCode::invalid, fmt::format("{}: {}", path, words)};
    default:
      return {ErrorCode::internal, fmt::format("{}: {} (SQLite code {})", path, words, code)};
  }
}

}  // namespace

Connection::Connection(const std::string& path) : path_(path) {
  // NOMUTEX: the store's one thread is the only user.
  const int code = sqlite3_open_v2(path.c_str(), &handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const Error error = explain(code, path, handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory");
    sqlite3_close(handle_);
    throw Failure(error);
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, 5000);
}

Connection::~Connection() { sqlite3_close(handle_); }

void Connection::fail(int code) const { throw Failure(explain(code, path_, sqlite3_errmsg(handle_))); }

void Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(handle_); }

Statement::Statement(Connection& connection, std::string_view sql, std::nullptr_t) : connection_(connection) {
  const int code =
      sqlite3_prepare_v2(connection.handle(), sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  if (code != SQLITE_OK) connection.fail(code);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, index, value);
  if (code != SQLITE_OK) connection_.fail(code);
}

void Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL; empty text is text.
  const char* data = value.data() == nullptr ? "" : value.data();
  const int code = sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_.fail(code);
}

bool Statement::next() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}

void Statement::run() {
  while (next()) {
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Transaction::Transaction(Connection& connection) : connection_(connection) { connection.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  // Some errors (disk full) have rolled back already; then this fails and nothing is lost.
  if (open_) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

}  // namespace teal::sqlite
