#pragma once
// PostgreSQL as the sample application needs it: one statement at a time, every value as text.
//
// Errors are exceptions of type DatabaseError whose text is PostgreSQL's own, on one line, without credentials.
// Connecting takes at most 2 seconds.
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sample_app/settings.hpp"

struct pg_conn;

namespace sample {

struct DatabaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Row = std::vector<std::string>;

// One connection. Not for use from two threads at once.
class Connection {
 public:
  explicit Connection(const Settings& settings);

  // Runs one statement with $1, $2 … and returns its rows.
  [[nodiscard]] std::vector<Row> query(const std::string& sql, const std::vector<std::string>& values = {});

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Close> connection_;
};

// Connections kept for the next request; safe to use from any thread. A connection that threw is thrown away. One that
// the server had closed in the meantime (PostgreSQL was restarted) is replaced once by a fresh one before giving up.
class Pool {
 public:
  explicit Pool(const Settings& settings) : settings_(settings) {}

  [[nodiscard]] std::vector<Row> query(const std::string& sql, const std::vector<std::string>& values = {});

 private:
  const Settings& settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace sample
