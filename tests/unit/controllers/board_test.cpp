#include "controllers/status/board.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

status::ApplicationView view(const std::string& name, const std::string& message = "") {
  status::ApplicationView made;
  made.record.application.name = name;
  made.status.message = message;
  return made;
}

TEST(Board, FindsWhatWasPublished) {
  status::Board board(100);
  EXPECT_EQ(board.find("shop"), nullptr);
  board.publish(view("shop", "first"));
  board.publish(view("blog"));
  ASSERT_NE(board.find("shop"), nullptr);
  EXPECT_EQ(board.find("shop")->status.message, "first");
  const auto all = board.list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]->record.application.name, "blog");
}

TEST(Board, EachChangeHasAGreaterVersion) {
  status::Board board(100);
  board.publish(view("shop", "first"));
  EXPECT_EQ(board.find("shop")->resource_version, 101u);
  board.publish(view("blog"));
  board.publish(view("shop", "second"));
  EXPECT_EQ(board.find("shop")->resource_version, 103u);
  board.remove("shop");
  EXPECT_EQ(board.version(), 104u);
}

TEST(Board, PublishingTheSameAgainIsNoChange) {
  status::Board board(100);
  int changes = 0;
  const auto subscription = board.subscribe([&](const status::Change&) { ++changes; });
  board.publish(view("shop", "same"));
  auto again = view("shop", "same");
  again.resource_version = 7;
  board.publish(again);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(board.version(), 101u);
}

TEST(Board, AChangedRecordStatusOrRolloutIsAChange) {
  status::Board board(100);
  auto next = view("shop");
  board.publish(next);
  next.record.generation = 2;
  board.publish(next);
  EXPECT_EQ(board.version(), 102u);
  next.rollout = records::RolloutRecord{};
  board.publish(next);
  EXPECT_EQ(board.version(), 103u);
  auto rollout = *next.rollout;
  rollout.outcome.message = "starting";
  next.rollout = rollout;
  board.publish(next);
  EXPECT_EQ(board.version(), 104u);
}

TEST(Board, SubscribersHearOfEveryChangeInOrder) {
  status::Board board(100);
  std::vector<std::pair<status::Change::Type, std::uint64_t>> heard;
  const auto subscription = board.subscribe(
      [&](const status::Change& change) { heard.emplace_back(change.type, change.view->resource_version); });
  board.publish(view("shop"));
  board.publish(view("shop", "more"));
  board.remove("shop");
  board.remove("shop");
  const std::vector<std::pair<status::Change::Type, std::uint64_t>> expected{
      {status::Change::Type::Added, 101}, {status::Change::Type::Modified, 102}, {status::Change::Type::Deleted, 103}};
  EXPECT_EQ(heard, expected);
}

TEST(Board, ASubscriptionEndsWithItsHandle) {
  status::Board board(100);
  int changes = 0;
  {
    const auto subscription = board.subscribe([&](const status::Change&) { ++changes; });
    board.publish(view("shop"));
  }
  board.publish(view("shop", "more"));
  EXPECT_EQ(changes, 1);
}

TEST(Board, ASubscriptionMayOutliveTheBoard) {
  status::Board::Subscription subscription;
  {
    status::Board board(1);
    subscription = board.subscribe([](const status::Change&) {});
  }
  subscription = status::Board::Subscription{};
}

TEST(Board, ASubscriberMayEndAnotherWhileItHears) {
  status::Board board(100);
  status::Board::Subscription second;
  int heard = 0;
  const auto first = board.subscribe([&](const status::Change&) { second = status::Board::Subscription{}; });
  second = board.subscribe([&](const status::Change&) { ++heard; });
  board.publish(view("shop"));
  EXPECT_EQ(heard, 0);
}

TEST(Board, ViewsHeldByReadersStayAsTheyWere) {
  status::Board board(100);
  board.publish(view("shop", "first"));
  const auto held = board.find("shop");
  board.publish(view("shop", "second"));
  board.remove("shop");
  EXPECT_EQ(held->status.message, "first");
}

}  // namespace
}  // namespace teal::test
