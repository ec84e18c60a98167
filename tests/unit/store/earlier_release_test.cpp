// A database that an earlier teald has written is read, every record of it; one that cannot be read holds up no other.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <fstream>

#include "controllers/records/record_json.hpp"
#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::test {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class T>
T result_of(asio::awaitable<T> task) {
  static std::deque<asio::io_context> loops;  // kept: the pool may still be waking one that has its answer
  auto& loop = loops.emplace_back();
  std::optional<T> value;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr, T result) { value.emplace(std::move(result)); });
  loop.run();
  return std::move(value.value());
}

class EarlierRelease : public testing::Test {
 protected:
  EarlierRelease() {
    std::string pattern = (fs::temp_directory_path() / "teal-earlier-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ifstream stream{std::string{TEAL_SOURCE_DIR} + "/tests/unit/store/fixtures/written_2026_11_30.sql"};
    execute(std::string{std::istreambuf_iterator<char>{stream}, {}});
  }

  void execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((folder_ / "teal.db").c_str(), &handle), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << (error ? error : "");
    sqlite3_close(handle);
  }

  ports::Store& store() {
    if (!store_) {
      auto opened = result_of(sqlite::open_sqlite_store(pool_, (folder_ / "teal.db").string()));
      EXPECT_TRUE(opened) << opened.error().message;
      store_ = std::move(*opened);
    }
    return *store_;
  }

  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& record : result_of(store().applications()).value()) all.push_back(record.application.name);
    return all;
  }

  fs::path folder_;
  std::shared_ptr<void> removal_{nullptr, [this](void*) { fs::remove_all(folder_); }};
  runtime::BlockingPool pool_{1};
  std::unique_ptr<ports::Store> store_;
};

TEST_F(EarlierRelease, EveryRecordIsRead) {
  EXPECT_THAT(names(), ElementsAre("back", "failed", "full", "paused", "shop", "sick", "waiting"));
  EXPECT_THAT(result_of(store().unreadable_applications()).value(), IsEmpty());
  std::vector<std::string> rollouts;
  for (const auto& record : result_of(store().rollouts("", 100)).value()) {
    rollouts.push_back(records::rollout_name(record) + " " + std::string{to_string(record.standing.phase)});
  }
  EXPECT_THAT(rollouts,
              testing::UnorderedElementsAre("back-1 Complete", "back-2 Complete", "back-3 Complete", "failed-1 Failed",
                                            "paused-1 Verifying", "shop-1 Complete", "shop-2 Complete",
                                            "sick-1 Complete", "sick-2 RolledBack", "waiting-1 AwaitingApproval"));
  for (const auto& name : names()) EXPECT_THAT(result_of(store().unreadable_rollouts(name)).value(), IsEmpty()) << name;
}

TEST_F(EarlierRelease, WhatItSaysIsUnderstood) {
  const auto shop = result_of(store().latest("shop")).value().value();
  EXPECT_EQ(shop.course.from_version, "1");
  EXPECT_EQ(shop.course.active, shop.course.target);
  ASSERT_EQ(shop.jobs.size(), 1u);
  EXPECT_EQ(shop.jobs[0].state, records::JobState::Succeeded);
  EXPECT_EQ(shop.jobs[0].database.outcome, "Succeeded");
  EXPECT_EQ(result_of(store().migrated("shop", shop.course.target.image_digest)).value(),
            std::set<std::string>{"default"});
  const auto back = result_of(store().latest("back")).value().value();
  ASSERT_TRUE(back.course.back);
  EXPECT_EQ(back.course.back->to_revision, 1);
  EXPECT_EQ(back.course.back->shelved.spec.version, "2");
  const auto sick = result_of(store().latest("sick")).value().value();
  ASSERT_TRUE(sick.outcome.evidence);
  EXPECT_THAT(sick.outcome.evidence->containers.front().answer, HasSubstr("503"));
  EXPECT_TRUE(result_of(store().latest("paused")).value().value().orders.paused);
  const auto all = result_of(store().applications()).value();
  const auto& spec = all[2].application.spec;
  EXPECT_EQ(spec.env.at("PROGRAM").env.at("A").text, "b");
  EXPECT_EQ(spec.hooks.on_rollback.at(0).security.pids, 50);
  EXPECT_FALSE(spec.hooks.before_migration.at(0).required);
  EXPECT_EQ(spec.rollout.windows.at(0).to_minute, 24 * 60);
  EXPECT_EQ(spec.rollout.analysis.at(0).max, 0.01);
  EXPECT_EQ(spec.components.at(0).resources.memory_bytes, std::int64_t{64} << 20);
}

TEST_F(EarlierRelease, ItsReasonsAreThoseOfToday) {
  for (const auto& record : result_of(store().rollouts("", 100)).value()) {
    EXPECT_NE(record.outcome.reason.word(), spec::Reason::Unlisted)
        << records::rollout_name(record) << ": " << record.outcome.reason;
    EXPECT_NE(record.outcome.failure_reason.word(), spec::Reason::Unlisted) << record.outcome.failure_reason;
  }
  EXPECT_EQ(result_of(store().latest("sick")).value().value().outcome.failure_reason, spec::Reason::HealthCheckFailed);
  EXPECT_EQ(result_of(store().latest("shop")).value().value().outcome.reason, spec::Reason::Complete);
}

// Somebody goes back to this teald from a newer one.
TEST_F(EarlierRelease, AReasonOfALaterReleaseIsKeptAsItStands) {
  execute(
      "UPDATE rollouts SET record = json_set(record, '$.reason', 'TurnedToStone', '$.failureReason', 'LookedBack')");
  execute(
      "INSERT INTO events (application, time, warning, reason, message, object)"
      " VALUES ('shop', 1796029577575, 1, 'TurnedToStone', 'it does not move', 'Rollout/shop-2')");
  const auto shop = result_of(store().latest("shop")).value().value();
  EXPECT_EQ(to_string(shop.outcome.reason), "TurnedToStone");
  const auto again = records::rollout_record_from_json(wire::json_text(to_json(shop))).value();
  EXPECT_EQ(to_string(again.outcome.failure_reason), "LookedBack");
  ports::EventQuery query;
  query.application = "shop";
  const auto events = result_of(store().events(query)).value();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(to_string(events.back().event.reason), "TurnedToStone");
}

// Once it is written again it says the same, and in which format.
TEST_F(EarlierRelease, IsWrittenAgainWithoutLoss) {
  for (const auto& record : result_of(store().applications()).value()) {
    const auto again = records::application_record_from_json(wire::json_text(to_json(record)));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, record);
  }
  for (const auto& record : result_of(store().rollouts("", 100)).value()) {
    const auto again = records::rollout_record_from_json(wire::json_text(to_json(record)));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, record);
  }
}

TEST_F(EarlierRelease, ASpecThatIsDamagedHoldsUpNoOther) {
  execute("UPDATE applications SET record = json_set(record, '$.application.spec', 'lost') WHERE name = 'shop'");
  execute("UPDATE applications SET record = '{' WHERE name = 'sick'");
  EXPECT_THAT(names(), ElementsAre("back", "failed", "full", "paused", "waiting"));
  const auto unreadable = result_of(store().unreadable_applications()).value();
  ASSERT_EQ(unreadable.size(), 2u);
  EXPECT_EQ(unreadable[0].salvaged.application.name, "shop");
  EXPECT_EQ(unreadable[0].salvaged.file, "/srv/teal/manifests/shop.yaml");
  EXPECT_EQ(unreadable[0].salvaged.generation, 2);
  EXPECT_EQ(unreadable[0].problem, "application record: application.spec is no object");
  EXPECT_EQ(unreadable[1].salvaged.application.name, "sick");
  EXPECT_EQ(unreadable[1].salvaged.file, "");
  auto mended = unreadable[0].salvaged;
  ASSERT_TRUE(result_of(store().put(mended, {})));
  EXPECT_THAT(names(), testing::Contains("shop"));
}

TEST_F(EarlierRelease, ARolloutThatIsDamagedHoldsUpNoOther) {
  execute(
      "UPDATE rollouts SET record = json_set(record, '$.phase', 'Flying') WHERE application = 'shop' AND revision = 2");
  const auto latest = result_of(store().latest("shop"));
  ASSERT_FALSE(latest);
  EXPECT_EQ(latest.error().code, ErrorCode::invalid);
  EXPECT_THAT(latest.error().message, HasSubstr("phase"));
  EXPECT_EQ(result_of(store().rollout("shop", 2)).error().code, ErrorCode::invalid);
  EXPECT_EQ(result_of(store().rollouts("", 100)).value().size(), 9u);
  const auto unreadable = result_of(store().unreadable_rollouts("shop")).value();
  ASSERT_EQ(unreadable.size(), 1u);
  EXPECT_EQ(unreadable[0].revision, 2);
  EXPECT_EQ(unreadable[0].active.value().number, 2);
  EXPECT_FALSE(unreadable[0].phase);
  // What takes its place is written over it.
  auto record = result_of(store().rollout("shop", 1)).value();
  record.course.target.number = 2;
  record.version = unreadable[0].version;
  ASSERT_TRUE(result_of(store().commit(record, {})));
  EXPECT_TRUE(result_of(store().latest("shop")));
  EXPECT_THAT(result_of(store().unreadable_rollouts("shop")).value(), IsEmpty());
}

}  // namespace
}  // namespace teal::test
