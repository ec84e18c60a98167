// SQLite with types: a connection, statements, transactions. Throws Failure; the store catches it once, at its edge.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "manifests/foundation/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace teal::sqlite {

class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  Error error_;
};

class Connection {
 public:
  explicit Connection(const std::string& path);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One or several statements without parameters or rows.
  void execute(const char* sql);
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t last_id() const;
  // The error of the last call on this connection, in words for operators.
  [[noreturn]] void fail(int code) const;

  [[nodiscard]] sqlite3* handle() const { return handle_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

// Parameters are bound in order by the constructor; `next` steps to the next row.
class Statement {
 public:
  template <class... Parameters>
  Statement(Connection& connection, std::string_view sql, const Parameters&... parameters)
      : Statement(connection, sql, nullptr) {
    int index = 0;
    (bind(++index, parameters), ...);
  }
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  [[nodiscard]] bool next();
  // For statements that answer no rows.
  void run();
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  Statement(Connection& connection, std::string_view sql, std::nullptr_t);
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);

  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
};

// BEGIN IMMEDIATE; rolls back unless `commit` was called.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace teal::sqlite
