// The audit in SQLite: nobody changes it, whatever they write with, and nothing changes without it.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"

namespace teal::test {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

template <class T>
T wait(asio::awaitable<T> task) {
  static std::deque<asio::io_context> loops;  // kept: the pool may still be waking one that has its answer
  auto& loop = loops.emplace_back();
  std::optional<T> value;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr, T result) { value.emplace(std::move(result)); });
  loop.run();
  return std::move(*value);
}

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

records::AuditEntry entry(Time time) {
  records::AuditEntry made;
  made.time = time;
  made.by.name = "ann";
  made.application = "shop";
  made.action = "update";
  return made;
}

records::ApplicationRecord shop() {
  records::ApplicationRecord record;
  record.application.name = "shop";
  record.application.spec.version = "1";
  record.application.spec.image = "shop";
  record.application.spec.components.emplace_back().name = "api";
  return record;
}

class AuditTrail : public ::testing::Test {
 protected:
  AuditTrail() {
    std::string pattern = (fs::temp_directory_path() / "teal-audit-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "teal.db";
  }

  ports::Store& open() {
    auto opened = wait(sqlite::open_sqlite_store(pool_, path_));
    EXPECT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    return *store_;
  }

  // As any program that has the file can; empty when it was done.
  std::string execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    char* error = nullptr;
    sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error);
    std::string words = error != nullptr ? error : "";
    sqlite3_free(error);
    sqlite3_close(handle);
    return words;
  }

  void append(std::vector<records::AuditEntry> entries) {
    EXPECT_TRUE(wait(store_->append(ports::CommitEntries{std::vector<records::Event>{}, std::move(entries)})));
  }
  std::vector<records::AuditEntry> all() { return *wait(store_->audit({})); }

  fs::path folder_;
  fs::path path_;
  // Once the pool has ended: it may still be closing a database, which removes files of its own.
  std::shared_ptr<void> removal_{nullptr, [this](void*) { fs::remove_all(folder_); }};
  runtime::BlockingPool pool_{1};
  std::unique_ptr<ports::Store> store_;
};

TEST_F(AuditTrail, IsNeitherChangedNorReplacedNorDeleted) {
  open();
  append({entry(now() - 48h), entry(now())});
  const auto before = all();
  for (const std::string& sql : std::vector<std::string>{
           "UPDATE audit SET name = 'bob'",
           "UPDATE audit SET count = 2 WHERE sequence = 1",
           "UPDATE OR REPLACE audit SET sequence = 2 WHERE sequence = 1",
           "DELETE FROM audit",
           "DELETE FROM audit WHERE sequence = 1",
           "INSERT OR REPLACE INTO audit SELECT 1, time, application, action, 'bob', proof, source, method, path, "
           "reason,"
           " generation_before, generation_after, patch, denied, status, count FROM audit WHERE sequence = 1",
           "REPLACE INTO audit SELECT * FROM audit WHERE sequence = 2",
       }) {
    EXPECT_THAT(execute(sql), HasSubstr("append-only")) << sql;
  }
  EXPECT_EQ(all(), before);
}

TEST_F(AuditTrail, IsPrunedByAgeOnlyAndNeverOfTheLastHour) {
  auto& store = open();
  append({entry(now() - 48h), entry(now() - 59min), entry(now() - 48h)});
  for (const std::string& sql : std::vector<std::string>{
           "UPDATE audit_pruned SET up_to = 2",
           "UPDATE audit_pruned SET up_to = 3",
           "UPDATE audit_pruned SET up_to = -1",
           "UPDATE audit_pruned SET up_to = 99",
           "UPDATE audit_pruned SET only_row = 2",
           "DELETE FROM audit_pruned",
           "INSERT INTO audit_pruned VALUES (1, 3)",
           "INSERT OR REPLACE INTO audit_pruned VALUES (1, 3)",
       }) {
    EXPECT_THAT(execute(sql), HasSubstr("append-only")) << sql;
  }
  EXPECT_EQ(all().size(), 3u);
  EXPECT_EQ(*wait(store.prune_audit(now() + 100h)), 1u) << "the second is too young, whatever is asked";
  EXPECT_EQ(all().front().sequence, 2);
  EXPECT_THAT(execute("DELETE FROM audit WHERE sequence = 2"), HasSubstr("append-only"));
}

TEST_F(AuditTrail, IsPrunedAPartAtATime) {
  auto& store = open();
  append(std::vector<records::AuditEntry>(1200, entry(now() - 48h)));
  append({entry(now())});
  EXPECT_EQ(*wait(store.prune_audit(now() - 24h)), 500u);
  EXPECT_EQ(*wait(store.prune_audit(now() - 24h)), 500u);
  EXPECT_EQ(*wait(store.prune_audit(now() - 24h)), 200u);
  EXPECT_EQ(*wait(store.prune_audit(now() - 24h)), 0u);
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(AuditTrail, NothingChangesThatItCannotTakeDown) {
  auto& store = open();
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 1;
  record.course.target.application = shop().application;
  record.version = *wait(store.commit(record, {}));
  ASSERT_EQ(execute("CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"), "");
  const auto asked = [] { return ports::CommitEntries{std::vector<records::Event>{records::Event{}}, {entry(now())}}; };
  EXPECT_FALSE(wait(store.put(shop(), asked())));
  EXPECT_FALSE(wait(store.commit(record, asked())));
  EXPECT_FALSE(wait(store.append(asked())));
  EXPECT_TRUE(wait(store.applications())->empty());
  EXPECT_EQ(wait(store.rollout("shop", 1))->version, record.version);
  EXPECT_TRUE(wait(store.events({}))->empty());
  ASSERT_EQ(execute("DROP TRIGGER no_room"), "");
  ASSERT_TRUE(wait(store.put(shop(), asked())));
  ASSERT_EQ(execute("CREATE TRIGGER no_room BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"), "");
  EXPECT_FALSE(wait(store.erase("shop", asked())));
  EXPECT_EQ(wait(store.applications())->size(), 1u);
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(AuditTrail, BeginsInADatabaseOfAReleaseThatHadNone) {
  std::string sql =
      "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) "
      "STRICT;";
  for (const std::string name : {"0001_initial.sql", "0002_notifications.sql", "0003_kept_logs.sql"}) {
    std::ifstream file{fs::path{TEAL_SOURCE_DIR} / "migrations/sqlite" / name};
    std::ostringstream text;
    text << file.rdbuf();
    sql += text.str() + "INSERT INTO schema_migrations VALUES (" + name.substr(3, 1) + ", '" + name + "', 'then');";
  }
  sql +=
      "INSERT INTO events (application, time, warning, reason, message, object) VALUES ('shop', 1, 0, 'A', 'b', 'c');";
  ASSERT_EQ(execute(sql), "");
  auto& store = open();
  EXPECT_EQ(wait(store.events({}))->size(), 1u);
  EXPECT_TRUE(all().empty());
  ASSERT_TRUE(wait(store.put(shop(), ports::CommitEntries{std::vector<records::Event>{}, {entry(now())}})));
  store_.reset();
  ASSERT_TRUE(wait(pool_.run([] { return true; })));
  open();
  EXPECT_EQ(all().size(), 1u) << "and it is there when the file is opened anew";
}

}  // namespace
}  // namespace teal::test
