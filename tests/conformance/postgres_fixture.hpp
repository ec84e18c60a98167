// A database of a test's own on the real server, and a Teal that uses it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/drivers/databases/postgres/postgres_database.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "tests/conformance/database_rigs.hpp"

namespace teal::test {

class Postgres : public ::testing::Test {
 protected:
  ~Postgres() override { drop(name); }

  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  std::vector<objects::Finding> findings(bool strict = false) {
    auto found = wait(database_->preflight(access, ledger_key(0), strict));
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::vector<objects::Finding>{};
  }
  std::vector<std::string> reasons(bool strict = false) {
    std::vector<std::string> all;
    for (const auto& one : findings(strict))
      all.push_back(one.type + "/" + std::string{to_string(one.reason)} + (one.blocks ? "!" : ""));
    return all;
  }
  std::string sql(const std::string& statement) { return test::sql(name, statement); }
  void migrate(const std::string& statement, int attempt = 1) {
    ASSERT_TRUE(wait(database_->lock(access, ledger_key(attempt))));
    ASSERT_TRUE(wait(database_->begin(access, ledger_key(attempt))));
    sql("SET ROLE migration; " + statement);
    ASSERT_TRUE(wait(database_->finish(access, ledger_key(attempt), world::LedgerOutcome::Succeeded, 0)));
  }
  ports::Database& database() { return *database_; }

  std::string name = fresh_database();
  ports::DatabaseAccess access = access_to(name);

 private:
  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{4};
  std::unique_ptr<ports::Database> database_ =
      postgres::make_postgres(pool_, {nullptr, std::chrono::milliseconds{1500}, std::chrono::seconds{1}});
};

}  // namespace teal::test
