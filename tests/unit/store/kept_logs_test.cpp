// Output of containers that are gone: bounded each, together and in age, and never what may still be needed.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <filesystem>

#include "controllers/records/kept_log.hpp"
#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class KeptLogs : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "teal-logs-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    limits_.keep = 24h;
    limits_.max_size = 10'000;
    limits_.max_entry = 2'000;
    open();
  }
  void open() {
    store_.reset();
    auto opened = wait(sqlite::open_sqlite_store(pool_, folder_ / "teal.db", limits_));
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return test::await(loop_, std::move(task));
  }

  // A rollout that serves when it is done; `active` is what served before.
  void begin_rollout(const std::string& application, int revision, int active) {
    records::RolloutRecord record;
    record.application = application;
    record.course.target.number = revision;
    record.course.target.application.name = application;
    if (active > 0) {
      record.course.active = record.course.target;
      record.course.active->number = active;
    }
    ASSERT_TRUE(wait(store_->commit(record, {})));
  }
  void keep(const std::string& application, int revision, const std::string& text, const std::string& source = "c") {
    ASSERT_TRUE(wait(store_->keep_log(application, revision, source, text)));
  }
  std::string log(const std::string& application, int revision) {
    const auto all = *wait(store_->logs(application, revision));
    return all.empty() ? "none" : all.front().second;
  }
  std::size_t prune(Duration later = 0ms) {
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    std::size_t all = 0;
    for (;;) {
      const auto pruned = wait(store_->prune_logs(now + later));
      EXPECT_TRUE(pruned);
      if (!pruned || *pruned == 0) return all;
      all += *pruned;
    }
  }

  fs::path folder_;
  // Once the pool has ended: it may still be closing the database, which removes files of its own.
  std::shared_ptr<void> removal_{nullptr, [this](void*) { fs::remove_all(folder_); }};
  stores::LogLimits limits_;
  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{1};
  std::unique_ptr<ports::Store> store_;
};

TEST_F(KeptLogs, ALongOneIsCutToItsEndAndSaysSoInItsFirstLine) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(i) + "\n";
  keep("shop", 1, text);
  const auto kept = log("shop", 1);
  EXPECT_LE(kept.size(), 2000U);
  EXPECT_GT(kept.size(), 1900U);
  EXPECT_THAT(kept, StartsWith("(truncated: only the last 2k are kept)\nline "));
  EXPECT_TRUE(kept.ends_with("line 999\n"));
  keep("shop", 2, std::string(2000, 'x'));
  EXPECT_EQ(log("shop", 2), std::string(2000, 'x')) << "one that fits is kept as it is";
  keep("shop", 3, kept);
  EXPECT_EQ(log("shop", 3), kept) << "nor is one cut twice";
}

TEST_F(KeptLogs, WithoutLinesItIsCutAtACharacter) {
  std::string text;
  while (text.size() < 5000) text += "é日";
  keep("shop", 1, text);
  const auto kept = log("shop", 1);
  const auto body = kept.substr(kept.find('\n') + 1);
  EXPECT_NE(static_cast<unsigned char>(body.front()) & 0xC0, 0x80);
  EXPECT_TRUE(text.ends_with(body));
  EXPECT_GE(kept.size(), 1990U);
}

TEST(TruncatedLog, FitsWhateverTheLimit) {
  EXPECT_LE(records::truncated_log(std::string(100, 'x'), 50).size(), 60U);
  EXPECT_THAT(records::truncated_log("", 1024), StartsWith("(truncated: only the last 1Ki are kept)"));
}

TEST_F(KeptLogs, WhatIsTooOldGoesAndSaysWhy) {
  for (int revision = 1; revision <= 3; ++revision) {
    begin_rollout("shop", revision, revision - 1);
    keep("shop", revision, "output of " + std::to_string(revision));
  }
  EXPECT_EQ(prune(), 0U);
  EXPECT_EQ(prune(23h), 0U);
  EXPECT_EQ(prune(25h), 1U);
  EXPECT_THAT(log("shop", 1), HasSubstr("this log was removed at "));
  EXPECT_THAT(log("shop", 1), HasSubstr("it was kept for 24h (logs.keep in teald.yaml)"));
  EXPECT_EQ(log("shop", 2), "output of 2") << "of the revision that serves";
  EXPECT_EQ(log("shop", 3), "output of 3") << "of the newest rollout";
  EXPECT_EQ(prune(100h), 0U) << "and is not taken twice";
  open();
  EXPECT_THAT(log("shop", 1), HasSubstr("this log was removed at "));
}

TEST_F(KeptLogs, TogetherTheyAreNoLargerThanTheyMayBeTheOldestGoFirst) {
  for (int revision = 1; revision <= 20; ++revision) {
    begin_rollout("shop", revision, revision - 1);
    keep("shop", revision, std::string(1000, 'x'));
    std::this_thread::sleep_for(2ms);
  }
  EXPECT_EQ(prune(), 10U);
  EXPECT_THAT(log("shop", 10), HasSubstr("kept logs were larger than 10k together (logs.maxSize in teald.yaml)"));
  EXPECT_EQ(log("shop", 11), std::string(1000, 'x'));
  keep("shop", 5, "made again");
  EXPECT_EQ(log("shop", 5), "made again");
}

TEST_F(KeptLogs, WhatMayBeNeededStaysHoweverLargeAndOld) {
  for (const auto* name : {"blog", "shop"}) {
    begin_rollout(name, 7, 4);
    for (int i = 0; i < 8; ++i) keep(name, 7, std::string(2000, 'n'), "new-" + std::to_string(i));
    keep(name, 4, std::string(2000, 'a'), "active");
    keep(name, 6, "between", "between");
  }
  EXPECT_EQ(prune(1000h), 2U);
  EXPECT_EQ(wait(store_->logs("shop", 7))->size(), 8U);
  EXPECT_EQ(log("shop", 7), std::string(2000, 'n'));
  EXPECT_EQ(log("shop", 4), std::string(2000, 'a'));
  EXPECT_THAT(log("shop", 6), HasSubstr("removed"));
}

TEST_F(KeptLogs, OfAnApplicationThatIsNotOnRecordTheyGoToo) {
  keep("ghost", 3, "who was that");
  EXPECT_EQ(prune(25h), 1U);
}

TEST_F(KeptLogs, ManyAreTakenBitByBitAndTheOrderSurvivesARestart) {
  begin_rollout("shop", 90, 0);
  for (int i = 0; i < 1200; ++i) keep("shop", 1 + i % 80, "0123456789", "c" + std::to_string(i));
  open();
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto first = wait(store_->prune_logs(now + 48h));
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, 500U);
  open();
  EXPECT_EQ(prune(48h), 700U);
}

TEST_F(KeptLogs, LogsOfAnOlderReleaseAreTakenOverAsKeptNow) {
  keep("shop", 1, "from before");
  store_.reset();
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ / "teal.db").c_str(), &handle), SQLITE_OK);
  // The store closes on its pool, and holds the file to itself for its last checkpoint.
  sqlite3_busy_timeout(handle, 10'000);
  // As release 0.1.0 left it.
  ASSERT_EQ(sqlite3_exec(handle,
                         "DROP INDEX logs_by_age; ALTER TABLE logs DROP COLUMN kept_at; ALTER TABLE logs DROP COLUMN "
                         "size; ALTER TABLE logs DROP COLUMN pruned; DELETE FROM schema_migrations WHERE version = 3",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(handle);
  open();
  EXPECT_EQ(log("shop", 1), "from before");
  EXPECT_EQ(prune(23h), 0U);
  EXPECT_EQ(prune(25h), 1U);
}

}  // namespace
}  // namespace teal::test
