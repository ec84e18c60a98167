// A load balancer that goes down and comes back: one event each.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

int told(const World& world, spec::Reason reason) {
  return static_cast<int>(
      std::ranges::count_if(world.events, [&](const auto& event) { return event.reason == reason; }));
}

void look_for(World& world, Duration time) {
  for (const auto end = world.now + time; world.now < end;) {
    const auto now = world.now;
    world.pass();
    world.now = now + 100ms;
  }
}

TEST(Silence, IsToldOnceAndSoIsItsEnd) {
  World world;
  world.settle();
  world.balancer_down = true;
  look_for(world, 10s);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerUnavailable), 1);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerAnswers), 0);
  world.balancer_down = false;
  look_for(world, 5s);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerUnavailable), 1);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerAnswers), 1);
  world.balancer_down = true;
  look_for(world, 5s);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerUnavailable), 2) << "another one";
}

TEST(Silence, OfAMomentIsNotWorthAnEvent) {
  World world;
  world.settle();
  for (int i = 0; i < 5; ++i) {
    world.balancer_down = true;
    look_for(world, 500ms);
    world.balancer_down = false;
    look_for(world, 1s);
  }
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerUnavailable), 0);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerAnswers), 0);
}

TEST(Silence, ThatOutlastsARolloutIsNotToldAgain) {
  World world;
  world.settle();
  world.balancer_down = true;
  look_for(world, 3s);
  world.want("2");
  look_for(world, 10s);
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerUnavailable), 1);
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(told(world, spec::Reason::LoadBalancerAnswers), 1);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(FailsOpen, IsToldOnceAndSoIsItsEnd) {
  World world;
  world.settle();
  world.checks_fail = true;
  look_for(world, 500ms);
  EXPECT_EQ(told(world, spec::Reason::FailsOpen), 0) << "a moment is not worth an event";
  look_for(world, 10s);
  EXPECT_EQ(told(world, spec::Reason::FailsOpen), 1);
  EXPECT_EQ(told(world, spec::Reason::ChecksPassAgain), 0);
  world.checks_fail = false;
  look_for(world, 5s);
  EXPECT_EQ(told(world, spec::Reason::FailsOpen), 1);
  EXPECT_EQ(told(world, spec::Reason::ChecksPassAgain), 1);
}

}  // namespace
}  // namespace teal::test
