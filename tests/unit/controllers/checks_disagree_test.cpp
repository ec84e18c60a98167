// A load balancer's own check that comes to another end than teald's.
#include <gtest/gtest.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

void look_for(World& world, Duration time) {
  for (const auto end = world.now + time; world.now < end;) {
    const auto now = world.now;
    world.pass();
    world.now = now + 100ms;
  }
}

class ChecksDisagree : public testing::Test {
 protected:
  // What serves passes teald's own check, and not the load balancer's.
  void disagree() {
    world_.looks_again = false;
    for (auto& slot : world_.slots) {
      slot.verdict = false;
      slot.seen.check_failure = "The check of backend shop_api gets 404";
      slot.seen.check_remedy = "it must ask the same path";
    }
  }

  World world_;
};

TEST_F(ChecksDisagree, IsSaidBeforeAnythingIsMigrated) {
  world_.settle();
  const auto starts = world_.job_starts;
  disagree();
  world_.want("2");
  look_for(world_, 5s);
  EXPECT_EQ(world_.phase(), spec::Phase::Preparing);
  EXPECT_EQ(world_.why.message,
            "The check of backend shop_api gets 404 while teald's own is healthy: it must ask the same path");
  EXPECT_EQ(world_.job_starts, starts);
  world_.looks_again = true;
  world_.settle();
  EXPECT_EQ(world_.phase(), spec::Phase::Complete);
}

TEST_F(ChecksDisagree, AVersionThatAnswersElsewhereMayMendIt) {
  world_.settle();
  disagree();
  world_.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components.at(0).health.path = "/elsewhere";
  });
  world_.settle();
  EXPECT_EQ(world_.phase(), spec::Phase::Complete);
}

}  // namespace
}  // namespace teal::test
