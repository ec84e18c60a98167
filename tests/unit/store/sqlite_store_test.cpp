#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <thread>

namespace teal::test {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

template <class T>
T wait(asio::awaitable<T> task) {
  static std::deque<asio::io_context> loops;  // kept: the pool may still be waking one that has its answer
  auto& loop = loops.emplace_back();
  std::optional<T> value;
  std::exception_ptr failure;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    value.emplace(std::move(result));
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*value);
}

class SqliteStore : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "teal-sqlite-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "teal.db";
  }
  Result<std::unique_ptr<ports::Store>> open(const std::string& path) {
    return wait(sqlite::open_sqlite_store(pool_, path));
  }
  Result<std::unique_ptr<ports::Store>> open() { return open(path_); }

  // What a database refuses, in words.
  Error refusal(const std::string& path) {
    auto opened = open(path);
    EXPECT_FALSE(opened) << path << " was opened";
    return opened ? Error{} : opened.error();
  }

  void write(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

  void execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << (error ? error : "");
    sqlite3_close(handle);
  }

  fs::path folder_;
  fs::path path_;
  // Once the pool has ended: it may still be closing a database, which removes files of its own.
  std::shared_ptr<void> removal_{nullptr, [this](void*) { fs::remove_all(folder_); }};
  runtime::BlockingPool pool_{1};
};

records::Event event(const std::string& message) {
  records::Event made;
  made.application = "shop";
  made.message = message;
  return made;
}

bool mentions(const Error& error, const std::string& text) { return error.message.find(text) != std::string::npos; }

TEST_F(SqliteStore, RemembersOverAReopen) {
  std::string owner;
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    owner = *wait((*store)->owner());
    ASSERT_TRUE(wait((*store)->append({event("kept")})));
  }
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(*wait((*store)->owner()), owner);
  EXPECT_EQ(wait((*store)->events({}))->front().event.message, "kept");
}

TEST_F(SqliteStore, TakesALostOwnerOnlyWhileNoRolloutIsOnRecord) {
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE(wait((*store)->take_owner("lost")));
    EXPECT_EQ(*wait((*store)->owner()), "lost");
  }
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(*wait((*store)->owner()), "lost");
  records::RolloutRecord rollout;
  rollout.application = "shop";
  rollout.course.target.number = 1;
  ASSERT_TRUE(wait((*store)->commit(rollout, {})));
  const auto refused = wait((*store)->take_owner("another"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(*wait((*store)->owner()), "lost");
}

// What an engine or a database said may be any bytes: a record that cannot be read back would stop the next start.
TEST_F(SqliteStore, TextsThatAreNoUtf8CanBeReadBack) {
  records::ApplicationRecord record;
  record.application.name = "shop";
  record.application.spec.version = "1";
  record.application.spec.image = "shop";
  record.application.spec.components.emplace_back().name = "api";
  record.problem = "no \xff";
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    const auto put = wait((*store)->put(record, {}));
    ASSERT_TRUE(put) << put.error().message;
  }
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  const auto records = wait((*store)->applications());
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_EQ(records->at(0).problem, "no \xef\xbf\xbd");
}

TEST_F(SqliteStore, TwoStoresHaveDifferentOwners) {
  auto one = open();
  auto other = open(folder_ / "other.db");
  ASSERT_TRUE(one && other);
  EXPECT_NE(*wait((*one)->owner()), *wait((*other)->owner()));
}

TEST_F(SqliteStore, TheFileIsForItsOwnerOnly) {
  auto store = open();
  ASSERT_TRUE(store);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    EXPECT_EQ(entry.status().permissions() & fs::perms(0077), fs::perms::none) << entry.path();
  }
}

TEST_F(SqliteStore, ASecondDaemonOnTheFileIsRefusedAndToldWhoHasIt) {
  auto first = open();
  ASSERT_TRUE(first);
  const auto error = refusal(path_);
  EXPECT_EQ(error.code, ErrorCode::conflict);
  EXPECT_TRUE(mentions(error, "process " + std::to_string(::getpid()))) << error.message;
  fs::create_symlink(path_, folder_ / "link.db");
  EXPECT_EQ(refusal(folder_ / "link.db").code, ErrorCode::conflict);
  first->reset();
  EXPECT_TRUE(open());
}

// A teald that was just killed, and a program of its that has not been started quite yet.
TEST_F(SqliteStore, ALockThatIsAboutToBeFreedIsWaitedFor) {
  const auto lock = path_.string() + ".lock";
  const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(file, LOCK_EX | LOCK_NB), 0);
  std::thread freed{[file] {
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    ::close(file);
  }};
  EXPECT_TRUE(open());
  freed.join();
}

TEST_F(SqliteStore, KillNineInTheMiddleOfWritingNeedsNoUnlockAndLosesNoAnsweredCommit) {
  int answered[2];
  ASSERT_EQ(::pipe(answered), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    runtime::BlockingPool pool(1);
    auto store = wait(sqlite::open_sqlite_store(pool, path_));
    if (!store) ::_exit(1);
    for (;;) {
      if (!wait((*store)->append({event("kept")}))) ::_exit(2);
      if (::write(answered[1], "x", 1) != 1) ::_exit(3);
    }
  }
  ::close(answered[1]);
  char byte = 0;
  int count = 0;
  while (count < 50 && ::read(answered[0], &byte, 1) == 1) ++count;
  ASSERT_EQ(count, 50);
  ::kill(child, SIGKILL);
  while (::read(answered[0], &byte, 1) == 1) ++count;
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(answered[0]);
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_GE(wait((*store)->events({}))->size(), static_cast<std::size_t>(std::min(count, 500)));
}

TEST_F(SqliteStore, AMissingFolderIsNamed) {
  const auto error = refusal(folder_ / "nowhere" / "teal.db");
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_TRUE(mentions(error, (folder_ / "nowhere").string())) << error.message;
}

TEST_F(SqliteStore, RefusesWhatIsNoDatabaseOfTeals) {
  EXPECT_EQ(refusal("").code, ErrorCode::invalid);
  EXPECT_EQ(refusal(folder_).code, ErrorCode::invalid);
  write(path_, std::string(8192, 'x'));
  const auto garbage = refusal(path_);
  EXPECT_EQ(garbage.code, ErrorCode::invalid);
  EXPECT_TRUE(mentions(garbage, "is no SQLite database")) << garbage.message;
  fs::remove(path_);
  execute("CREATE TABLE customers (id INTEGER)");
  const auto foreign = refusal(path_);
  EXPECT_EQ(foreign.code, ErrorCode::invalid);
  EXPECT_TRUE(mentions(foreign, "customers")) << foreign.message;
}

TEST_F(SqliteStore, ADamagedFileIsRefusedInWords) {
  {
    auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(wait((*store)->append(std::vector<records::Event>(2000, event("filling some pages")))));
  }
  // The pool's thread may hold the database a moment longer; closing it would write the pages anew.
  ASSERT_TRUE(wait(pool_.run([] { return true; })));
  std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(4096 * 3);
  file << std::string(4096 * 20, '\x5a');
  file.close();
  const auto error = refusal(path_);
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_TRUE(mentions(error, "damaged")) << error.message;
}

TEST_F(SqliteStore, AnEmptyFileBecomesADatabase) {
  write(path_, "");
  EXPECT_TRUE(open());
}

TEST_F(SqliteStore, ADatabaseOfANewerReleaseIsRefusedByName) {
  {
    ASSERT_TRUE(open());
  }
  execute("INSERT INTO schema_migrations VALUES (9999, '9999_from_the_future.sql', 'then')");
  const auto error = refusal(path_);
  EXPECT_EQ(error.code, ErrorCode::conflict);
  EXPECT_TRUE(mentions(error, "9999_from_the_future.sql")) << error.message;
}

TEST_F(SqliteStore, AReadOnlyFileIsRefused) {
  if (::geteuid() == 0) {
    // Root writes what it likes; a folder in the file's place is the nearest refusal that root sees too.
    fs::create_directory(folder_ / "teal.db.lock");
    EXPECT_EQ(refusal(path_).code, ErrorCode::denied);
    return;
  }
  {
    ASSERT_TRUE(open());
  }
  fs::permissions(path_, fs::perms::owner_read);
  EXPECT_EQ(refusal(path_).code, ErrorCode::denied);
}

TEST_F(SqliteStore, AFullDiskIsAnErrorAndTheStoreGoesOnAfterwards) {
  auto store = open();
  ASSERT_TRUE(store);
  struct FileSizeLimit {
    explicit FileSizeLimit(rlim_t bytes) {
      ::getrlimit(RLIMIT_FSIZE, &before);
      struct rlimit small = before;
      small.rlim_cur = bytes;
      ::setrlimit(RLIMIT_FSIZE, &small);
      previous = std::signal(SIGXFSZ, SIG_IGN);
    }
    ~FileSizeLimit() {
      ::setrlimit(RLIMIT_FSIZE, &before);
      std::signal(SIGXFSZ, previous);
    }
    struct rlimit before{};
    void (*previous)(int) = nullptr;
  };
  {
    FileSizeLimit full(64 * 1024);
    const auto result = wait((*store)->append({event(std::string(1 << 20, 'x'))}));
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().code == ErrorCode::unavailable) << result.error().message;
  }
  EXPECT_TRUE(wait((*store)->append({event("after")})));
  EXPECT_EQ(wait((*store)->events({}))->size(), 1u);
}

TEST_F(SqliteStore, AnotherProgramHoldingTheFileIsWaitedFor) {
  auto store = open();
  ASSERT_TRUE(store);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  });
  EXPECT_TRUE(wait((*store)->append({event("waited")})));
  release.join();
  sqlite3_close(other);
}

}  // namespace
}  // namespace teal::test
