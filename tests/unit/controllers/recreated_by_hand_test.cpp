// Somebody removes a replica's container and makes another of the same name and labels.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

World serving() {
  auto world = installed();
  world.forget();
  return world;
}

// As `docker rm -f` and `docker run` do it, before teald looks again.
void recreate(World& world, const std::string& name, const std::string& image) {
  auto* container = world.find(name);
  container->id = "by-hand";
  container->image_id = image;
  container->started_at = world.now;
}

std::string told(const World& world) {
  std::string all;
  for (const auto& event : world.events) {
    if (event.reason == spec::Reason::RecreatedByHand) all += event.message + "\n";
  }
  return all;
}

TEST(RecreatedByHand, FromAnotherImageIsReplacedThroughTheLoadBalancer) {
  for (const bool is_registered : {true, false}) {
    auto world = serving();
    recreate(world, "teal-shop-api-r1-0", "id-other");
    if (!is_registered)
      std::erase_if(world.slots, [](const auto& one) { return one.seen.name == "teal-shop-api-r1-0"; });
    world.settle();
    EXPECT_EQ(world.find("teal-shop-api-r1-0")->image_id, "id-1");
    EXPECT_EQ(world.up(), 2);
    EXPECT_THAT(told(world),
                HasSubstr("teal-shop-api-r1-0 was recreated by hand, from image id-other instead of id-1"));
    const auto at = [&](const std::string& what) { return std::ranges::find(world.performed, what); };
    if (is_registered) {
      const auto drained =
          std::ranges::find_if(world.performed, [](const auto& one) { return one.starts_with("drain"); });
      EXPECT_LT(drained, at("stop teal-shop-api-r1-0"));
    }
    EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-api-r1-0"), 1);
    EXPECT_EQ(world.record->course.target.number, 1) << "no rollout";
  }
}

TEST(RecreatedByHand, FromTheSameImageIsReplacedForItsIdTellsThatItIsNotTheOne) {
  auto world = serving();
  recreate(world, "teal-shop-worker-r1-0", "id-1");
  world.settle();
  EXPECT_NE(world.find("teal-shop-worker-r1-0")->id, "by-hand");
  EXPECT_THAT(told(world), HasSubstr("was recreated by hand, with what settings is not known"));
}

TEST(RecreatedByHand, IsNotCountedAsReady) {
  auto world = serving();
  recreate(world, "teal-shop-worker-r1-0", "id-other");
  world.pass();
  EXPECT_EQ(world.why.reason, spec::Reason::RecreatedByHand);
}

TEST(RecreatedByHand, WhatTealdReplacesItselfIsItsOwn) {
  auto world = serving();
  world.kill("teal-shop-api-r1-1", 1);
  world.settle();
  world.want("2");
  world.settle();
  EXPECT_EQ(told(world), "");
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

}  // namespace
}  // namespace teal::test
