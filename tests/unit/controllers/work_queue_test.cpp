#include "controllers/reconcile/work_queue.hpp"

#include <gmock/gmock.h>

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Time at(int milliseconds) { return Time{Duration{milliseconds}}; }

TEST(WorkQueue, HandsOutWhatIsDueOnce) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(10));
  queue.add("blog", at(20));
  EXPECT_THAT(queue.take_due(at(9)), IsEmpty());
  EXPECT_THAT(queue.take_due(at(10)), ElementsAre("shop"));
  EXPECT_THAT(queue.take_due(at(10)), IsEmpty());
  EXPECT_EQ(queue.next_due(), at(20));
}

TEST(WorkQueue, TheEarlierTimeStands) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(50));
  queue.add("shop", at(10));
  queue.add("shop", at(30));
  EXPECT_EQ(queue.next_due(), at(10));
}

TEST(WorkQueue, NeverHandsOutWhatIsBeingWorkedOn) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(0));
  ASSERT_THAT(queue.take_due(at(0)), ElementsAre("shop"));
  queue.add("shop", at(1));
  EXPECT_THAT(queue.take_due(at(5)), IsEmpty());
  EXPECT_FALSE(queue.next_due());
  EXPECT_EQ(queue.depth(at(5)), 2u);
}

TEST(WorkQueue, AWakeUpDuringThePassIsNotLost) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(0));
  ASSERT_THAT(queue.take_due(at(0)), ElementsAre("shop"));
  queue.add("shop", at(1));
  queue.done("shop", at(1000));
  EXPECT_THAT(queue.take_due(at(1)), ElementsAre("shop"));
}

TEST(WorkQueue, WhatIsPlannedForLaterIsNoBacklog) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(100));
  EXPECT_EQ(queue.depth(at(99)), 0u);
  EXPECT_EQ(queue.depth(at(100)), 1u);
}

// Found by simulation, seed 110: nothing was looked at for an hour.
TEST(WorkQueue, WhatIsDueMovesWithAClockThatIsSetBack) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(3'610'000));
  EXPECT_THAT(queue.take_due(at(3'600'000)), IsEmpty());
  EXPECT_THAT(queue.take_due(at(0)), IsEmpty());
  EXPECT_EQ(queue.next_due(), at(10'000));
  EXPECT_THAT(queue.take_due(at(10'000)), ElementsAre("shop"));
}

TEST(WorkQueue, HandsOutWhatHasBeenDueLongestWhenThereIsRoom) {
  reconcile::WorkQueue queue;
  for (const auto& [name, due] : {std::pair{"a", 3}, std::pair{"b", 1}, std::pair{"c", 2}}) queue.add(name, at(due));
  EXPECT_THAT(queue.take_due(at(5), 2), ElementsAre("b", "c"));
  EXPECT_THAT(queue.take_due(at(6), 2), IsEmpty());
  EXPECT_FALSE(queue.next_due()) << "it waits for one that is done, not for a time";
  EXPECT_EQ(queue.depth(at(6)), 3u);
  queue.add("a", at(1));
  queue.done("b", at(2));
  EXPECT_THAT(queue.take_due(at(7), 2), ElementsAre("a"));
  queue.done("a", std::nullopt);
  EXPECT_THAT(queue.take_due(at(8), 2), ElementsAre("b"));
}

TEST(WorkQueue, AFullLaneHoldsUpNoOther) {
  reconcile::WorkQueue queue{[](const std::string& name) { return name.substr(0, name.find('-')); }};
  for (const auto* name : {"far-1", "far-2", "far-3", "near-1", "near-2"}) queue.add(name, at(1));
  EXPECT_THAT(queue.take_due(at(1), 2), UnorderedElementsAre("far-1", "far-2", "near-1", "near-2"));
  EXPECT_EQ(queue.depth(at(1)), 5u);
  queue.done("near-1", at(2));
  EXPECT_THAT(queue.take_due(at(2), 2), ElementsAre("near-1"));
  queue.add("far-3", at(0));
  queue.done("far-2", std::nullopt);
  EXPECT_THAT(queue.take_due(at(3), 2), ElementsAre("far-3"));
  for (const auto* name : {"far-1", "far-3", "near-1", "near-2"}) queue.done(name, std::nullopt);
  EXPECT_EQ(queue.depth(at(9)), 0u);
}

TEST(WorkQueue, ForgetsWhatAsksForNothingMore) {
  reconcile::WorkQueue queue;
  queue.add("shop", at(0));
  ASSERT_THAT(queue.take_due(at(0)), ElementsAre("shop"));
  queue.done("shop", std::nullopt);
  EXPECT_FALSE(queue.next_due());
  EXPECT_EQ(queue.depth(at(0)), 0u);
}

}  // namespace
}  // namespace teal::test
