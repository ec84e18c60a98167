// A load balancer's own check that comes to another end than teald's.
#include <gmock/gmock.h>

#include <memory>

#include "controllers/plan/make_plan.hpp"
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

TEST_F(ChecksDisagree, IsAFindingOfThePlan) {
  world_.settle();
  disagree();
  world_.edit([](spec::ApplicationSpec& spec) { spec.version = "2"; });
  plan::PlanFacts facts;
  facts.image = world::Image{"id-2", "digest-2"};
  facts.seen = std::make_shared<rollout::Observed>(world_.observe());
  const auto plan = plan::make_plan(world_.desired, world_.record, facts, world_.now);
  EXPECT_THAT(plan.findings, testing::Contains(testing::HasSubstr("gets 404 while teald's own is healthy")));
  world_.edit([](spec::ApplicationSpec& spec) { spec.components.at(0).health.path = "/elsewhere"; });
  const auto mended = plan::make_plan(world_.desired, world_.record, facts, world_.now);
  EXPECT_THAT(mended.findings, testing::Not(testing::Contains(testing::HasSubstr("gets 404"))));
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
