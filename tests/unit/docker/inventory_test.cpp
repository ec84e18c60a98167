// What is to be read again, and what no event has told of.
#include "daemon/drivers/engines/docker/inventory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teal::test {
namespace {

using docker::Inventory;
using testing::ElementsAre;
using testing::IsEmpty;

docker::Listed listed(const std::string& id, const std::string& state = "running") {
  docker::Listed one;
  one.id = id;
  one.application = "shop";
  one.owner = "o";
  one.look.name = "teal-shop-api-r1-" + id;
  one.look.state = state;
  return one;
}

std::vector<Inventory::Drift> list(Inventory& inventory, const std::string& application,
                                   std::vector<docker::Listed> all,
                                   std::optional<Inventory::Moment> begun = std::nullopt) {
  auto listing = inventory.begin_list(application);
  listing.begun = begun.value_or(listing.begun);
  for (auto& one : all) inventory.put(listing, std::move(one));
  while (!inventory.settle(listing, 1)) continue;
  return listing.drift;
}

docker::Inspected inspected(const std::string& id, const std::string& state = "running") {
  docker::Inspected read;
  read.application = "shop";
  read.look = listed(id, state).look;
  read.container = world::Container{};
  read.container->id = id;
  return read;
}

docker::Event event(const std::string& action, const std::string& id, const std::string& owner = "o") {
  docker::Event told;
  told.action = action;
  told.container_id = id;
  told.application = "shop";
  told.owner = owner;
  return told;
}

class InventoryTest : public testing::Test {
 protected:
  InventoryTest() {
    inventory.follow(Inventory::Followed::Yes);
    list(inventory, "", {listed("a"), listed("b")});
    read_all();
  }
  void read_all() {
    for (const auto& id : inventory.due("")) inventory.inspected(id, inspected(id), inventory.begin());
  }

  Inventory inventory{"o"};
};

TEST_F(InventoryTest, WantsNothingWhileNothingIsTold) {
  EXPECT_FALSE(inventory.wants_list("shop"));
  EXPECT_FALSE(inventory.wants_list("never heard of"));
  EXPECT_THAT(inventory.due(""), IsEmpty());
}

TEST_F(InventoryTest, AnEventMarksExactlyItsContainer) {
  inventory.told(event("die", "b"));
  EXPECT_THAT(inventory.due("shop"), ElementsAre("b"));
  EXPECT_FALSE(inventory.wants_list("shop"));
}

TEST_F(InventoryTest, AnEventDuringAReadingIsNotLost) {
  inventory.told(event("start", "b"));
  const auto begun = inventory.begin();
  inventory.told(event("die", "b"));
  inventory.inspected("b", inspected("b"), begun);
  EXPECT_THAT(inventory.due("shop"), ElementsAre("b"));
}

TEST_F(InventoryTest, AReadingThatWasOvertakenByANewerOneChangesNothing) {
  const auto begun = inventory.begin();
  inventory.told(event("die", "b"));
  inventory.inspected("b", inspected("b", "exited"), inventory.begin());
  inventory.inspected("b", inspected("b"), begun);
  EXPECT_EQ(inventory.find("b")->inspected->look.state, "exited");
  EXPECT_THAT(inventory.due("shop"), IsEmpty());
}

TEST_F(InventoryTest, WhatIsNewIsInspectedAndNothingIsListed) {
  inventory.told(event("create", "c"));
  EXPECT_THAT(inventory.due("shop"), ElementsAre("c"));
  EXPECT_FALSE(inventory.wants_list("shop"));
}

TEST_F(InventoryTest, AnEventOfWhatIsGoneAlreadyAsksForNothing) {
  inventory.gone("b");
  inventory.told(event("destroy", "b"));
  EXPECT_THAT(inventory.due("shop"), IsEmpty());
  EXPECT_FALSE(inventory.wants_list("shop"));
}

TEST_F(InventoryTest, AnothersContainerIsListedAndNeverInspected) {
  inventory.told(event("create", "theirs", "another"));
  EXPECT_TRUE(inventory.wants_list("shop"));
  auto theirs = listed("theirs");
  theirs.owner = "another";
  list(inventory, "shop", {listed("a"), listed("b"), theirs});
  EXPECT_FALSE(inventory.wants_list("shop"));
  EXPECT_THAT(inventory.due("shop"), IsEmpty());
}

TEST_F(InventoryTest, AfterAGapAllIsReadAgain) {
  inventory.follow(Inventory::Followed::No);
  inventory.follow(Inventory::Followed::Yes);
  EXPECT_TRUE(inventory.wants_list_of_all());
  EXPECT_THAT(inventory.due(""), ElementsAre("a", "b"));
}

TEST_F(InventoryTest, AListFindsWhatNoEventHasToldOf) {
  const auto drift = list(inventory, "", {listed("a", "exited"), listed("new")});
  std::vector<std::string> ids;
  for (const auto& one : drift) ids.push_back(one.id);
  EXPECT_THAT(ids, ElementsAre("a", "new", "b")) << "another state, a new one, and one that is gone";
  EXPECT_THAT(inventory.due(""), ElementsAre("a", "new"));
  EXPECT_EQ(inventory.find("b"), nullptr);
  for (const auto& one : drift) EXPECT_FALSE(inventory.was_told(one));
  inventory.told(event("die", "a"));
  EXPECT_TRUE(inventory.was_told(drift[0])) << "its event was late, and not lost";
}

TEST_F(InventoryTest, AListThatIsOlderThanAReadingProvesNothing) {
  const auto begun = inventory.begin();
  inventory.told(event("die", "a"));
  inventory.inspected("a", inspected("a", "exited"), inventory.begin());
  inventory.add("c", "shop");
  EXPECT_THAT(list(inventory, "shop", {listed("a"), listed("b")}, begun), IsEmpty());
  EXPECT_THAT(inventory.due("shop"), ElementsAre("c")) << "made since then";
}

TEST_F(InventoryTest, WhatTheListDoesNotSayMakesNoDifference) {
  auto exited = inspected("a", "exited");
  exited.look.exit_code = 3;
  inventory.told(event("die", "a"));
  inventory.inspected("a", exited, inventory.begin());
  EXPECT_THAT(list(inventory, "shop", {listed("a", "exited"), listed("b")}), IsEmpty());
  auto other = listed("a", "exited");
  other.look.exit_code = 0;
  EXPECT_EQ(list(inventory, "shop", {other, listed("b")}).size(), 1U) << "it ran once more";
}

TEST_F(InventoryTest, AnotherOwnerKnowsNothingYet) {
  inventory.take_owner("lost");
  EXPECT_TRUE(inventory.wants_list_of_all());
  EXPECT_THAT(inventory.items(""), IsEmpty());
}

}  // namespace
}  // namespace teal::test
