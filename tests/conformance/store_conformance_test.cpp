// What every store promises (controllers/ports/store.hpp), asked of the fake and of SQLite alike.
#include "tests/conformance/store_rig.hpp"

namespace teal::test {
namespace {

TEST_P(StoreContract, KeepsItsOwner) {
  const auto first = wait(store().owner());
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->empty());
  EXPECT_EQ(*first, *wait(store().owner()));
}

TEST_P(StoreContract, KeepsApplicationsByName) {
  ASSERT_TRUE(wait(store().put(asked("shop"), {})));
  ASSERT_TRUE(wait(store().put(asked("blog"), {})));
  auto changed = asked("shop");
  changed.generation = 2;
  changed.problem = "line 3: no such key";
  ASSERT_TRUE(wait(store().put(changed, {})));
  const auto all = wait(store().applications());
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0), asked("blog"));
  EXPECT_EQ(all->at(1), changed);
}

TEST_P(StoreContract, ErasesAnApplicationWithItsRolloutsAndLogsButKeepsItsEvents) {
  ASSERT_TRUE(wait(store().put(asked("shop"), {event("shop", "made")})));
  auto record = rollout("shop", 1);
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Succeeded;
  record.jobs.push_back(job);
  committed(record);
  committed(rollout("shop-2", 1));
  ASSERT_TRUE(wait(store().keep_log("shop", 1, "teal-shop-api-r1-0", "hello")));
  ASSERT_TRUE(wait(store().erase("shop", {event("shop", "gone")})));
  EXPECT_TRUE(wait(store().applications())->empty());
  EXPECT_TRUE(wait(store().rollouts("shop", 10))->empty());
  EXPECT_TRUE(wait(store().logs("shop", 1))->empty());
  EXPECT_TRUE(wait(store().migrated("shop", "sha256:1"))->empty());
  EXPECT_EQ(wait(store().rollouts("", 10))->size(), 1u);
  ports::EventQuery query;
  query.application = "shop";
  EXPECT_EQ(wait(store().events(query))->size(), 2u);
}

TEST_P(StoreContract, ErasingWhatIsNotThereIsNoError) { EXPECT_TRUE(wait(store().erase("nobody", {}))); }

TEST_P(StoreContract, AnswersTheNewestRollout) {
  EXPECT_EQ(*wait(store().latest("shop")), std::nullopt);
  committed(rollout("shop", 9));
  committed(rollout("shop", 10));
  auto expected = rollout("shop", 10);
  expected.version = 1;
  const auto latest = wait(store().latest("shop"));
  ASSERT_TRUE(latest && latest->has_value());
  EXPECT_EQ(**latest, expected);
}

TEST_P(StoreContract, ListsRolloutsNewestFirst) {
  committed(rollout("shop", 1));
  committed(rollout("blog", 3));
  committed(rollout("shop", 2));
  const auto of_shop = wait(store().rollouts("shop", 10));
  ASSERT_EQ(of_shop->size(), 2u);
  EXPECT_EQ(of_shop->at(0).course.target.number, 2);
  const auto all = wait(store().rollouts("", 2));
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).application, "blog");
  EXPECT_EQ(all->at(1).course.target.number, 2);
}

TEST_P(StoreContract, AMissingRolloutIsNotFound) {
  EXPECT_EQ(wait(store().rollout("shop", 1)).error().code, ErrorCode::not_found);
  committed(rollout("shop", 1));
  EXPECT_TRUE(wait(store().rollout("shop", 1)));
}

TEST_P(StoreContract, CommitsOnlyOnTheVersionThatIsStored) {
  auto record = rollout("shop", 1);
  record.version = committed(record);
  EXPECT_EQ(record.version, 1u);
  EXPECT_EQ(committed(record), 2u);
  const auto stale = wait(store().commit(record, {event("shop", "never")}));
  EXPECT_EQ(stale.error().code, ErrorCode::conflict);
  EXPECT_EQ(wait(store().commit(rollout("shop", 1), {})).error().code, ErrorCode::conflict);
  auto unknown = rollout("shop", 2);
  unknown.version = 5;
  EXPECT_EQ(wait(store().commit(unknown, {})).error().code, ErrorCode::conflict);
  EXPECT_TRUE(wait(store().events({}))->empty()) << "events of a refused commit";
}

TEST_P(StoreContract, NotesSucceededJobsForTheirImageDigest) {
  auto record = rollout("shop", 1);
  records::JobRecord done;
  done.job = "default";
  done.state = records::JobState::Succeeded;
  records::JobRecord failed = done;
  failed.job = "tenant";
  failed.state = records::JobState::Failed;
  record.jobs = {done, failed};
  committed(record);
  EXPECT_EQ(*wait(store().migrated("shop", "sha256:1")), std::set<std::string>{"default"});
  EXPECT_TRUE(wait(store().migrated("shop", "sha256:2"))->empty());
  EXPECT_TRUE(wait(store().migrated("blog", "sha256:1"))->empty());
}

TEST_P(StoreContract, ForgetsNoMigrationWithItsRollout) {
  auto record = rollout("shop", 1);
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Succeeded;
  record.jobs.push_back(job);
  committed(record);
  for (int revision = 2; revision <= 110; ++revision) committed(rollout("shop", revision));
  EXPECT_EQ(wait(store().rollout("shop", 1)).error().code, ErrorCode::not_found);
  EXPECT_EQ(wait(store().migrated("shop", "sha256:1"))->size(), 1u);
}

TEST_P(StoreContract, EventsGrowInSequenceAndCanBeAskedFor) {
  ASSERT_TRUE(wait(store().append({event("shop", "a"), event("blog", "b")})));
  auto warning = event("shop", "c");
  warning.warning = true;
  ASSERT_TRUE(wait(store().append({warning})));
  const auto all = *wait(store().events({}));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_LT(all[0].sequence, all[1].sequence);
  EXPECT_LT(all[1].sequence, all[2].sequence);
  EXPECT_EQ(all[2].event, warning);
  ports::EventQuery of_shop;
  of_shop.application = "shop";
  of_shop.after = all[0].sequence;
  EXPECT_EQ(wait(store().events(of_shop))->size(), 1u);
  ports::EventQuery newest;
  newest.limit = 2;
  const auto two = *wait(store().events(newest));
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].event.message, "b");
}

TEST_P(StoreContract, KeepsTheNewestEventsOfEachApplication) {
  ASSERT_TRUE(wait(store().append({event("blog", "old but alone")})));
  std::vector<records::Event> many(5100, event("shop", "again"));
  many.back().message = "last";
  ASSERT_TRUE(wait(store().append(many)));
  ports::EventQuery query;
  query.limit = 100000;
  const auto kept = *wait(store().events(query));
  EXPECT_EQ(kept.size(), 5001u);
  EXPECT_EQ(kept.front().event.application, "blog");
  EXPECT_EQ(kept.back().event.message, "last");
}

TEST_P(StoreContract, KeepsTheNewestHundredRolloutsWithTheirLogs) {
  committed(rollout("shop", 1));
  ASSERT_TRUE(wait(store().keep_log("shop", 1, "teal-shop-api-r1-0", "old")));
  for (int revision = 2; revision <= 101; ++revision) committed(rollout("shop", revision));
  EXPECT_EQ(wait(store().rollouts("shop", 1000))->size(), 100u);
  EXPECT_TRUE(wait(store().logs("shop", 1))->empty());
}

TEST_P(StoreContract, ReplacesAKeptLog) {
  ASSERT_TRUE(wait(store().keep_log("shop", 1, "teal-shop-b-r1-1", "first")));
  ASSERT_TRUE(wait(store().keep_log("shop", 1, "teal-shop-b-r1-1", "second")));
  ASSERT_TRUE(wait(store().keep_log("shop", 1, "teal-shop-a-r1-0", "")));
  const auto logs = *wait(store().logs("shop", 1));
  const std::vector<std::pair<std::string, std::string>> expected{{"teal-shop-a-r1-0", ""},
                                                                  {"teal-shop-b-r1-1", "second"}};
  EXPECT_EQ(logs, expected);
}

TEST_P(StoreContract, KnowsTheNewestThousandNoticesOfEachWebhook) {
  EXPECT_EQ(wait(store().told_notices("a")).value(), ports::DeliveredNotices{});
  for (int i = 0; i < 1002; ++i) ASSERT_TRUE(wait(store().settle_notice("a", std::to_string(i), i)));
  ASSERT_TRUE(wait(store().settle_notice("a", "1001", 2000)));
  ASSERT_TRUE(wait(store().settle_notice("b", "", 3)));
  const auto told = wait(store().told_notices("a")).value();
  EXPECT_EQ(std::tuple(told.settled, told.notices.size()), std::tuple(2000, 1000U));
  EXPECT_EQ(std::tuple(told.notices.contains("1"), told.notices.contains("2")), std::tuple(false, true));
  EXPECT_EQ(wait(store().told_notices("b")).value(), (ports::DeliveredNotices{3, {}}));
}

TEST_P(StoreContract, TextComesBackAsItWas) {
  const std::string awkward = "quote ' \" \n\t\x01 ünïcödé 日本 '); DROP TABLE events; --";
  ASSERT_TRUE(wait(store().append({event("shop", awkward)})));
  EXPECT_EQ(wait(store().events({}))->front().event.message, awkward);
  ASSERT_TRUE(wait(store().keep_log("shop", 1, awkward, awkward)));
  EXPECT_EQ(wait(store().logs("shop", 1))->front(), std::pair(awkward, awkward));
}

INSTANTIATE_TEST_SUITE_P(Fake, StoreContract, ::testing::Values(Kind::Fake));
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, ::testing::Values(Kind::Sqlite));

}  // namespace
}  // namespace teal::test
