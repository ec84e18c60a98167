// A version bump that runs nothing new is said, in the plan and in the status.
#include "controllers/rollout/same_image.hpp"

#include <gmock/gmock.h>

#include "controllers/plan/make_plan.hpp"
#include "controllers/status/make_status.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string same_image_condition(World& world) {
  const auto status = status::make_status(world.desired, world.record, world.observe(), world.why, {}, world.now);
  for (const auto& one : status.conditions) {
    if (one.type == "SameImage") return one.message;
  }
  return "";
}

// As the engine has it: the very image, whatever the spec says.
rollout::Decision pass_with_digest(World& world, const std::string& digest) {
  auto seen = world.observe();
  seen.image = world::Image{"id-1", digest};
  return rollout::decide(world.desired, world.record, seen, world.now);
}

TEST(SameImage, OfAPinnedTagOrDigestIsAFindingAWarningAndACondition) {
  for (const std::string image : {"registry.example:5000/shop:stable", "shop@sha256:abc"}) {
    World world;
    world.edit([&](spec::ApplicationSpec& spec) { spec.image = image; });
    world.settle();
    ASSERT_EQ(world.phase(), spec::Phase::Complete);
    world.want("2");
    const auto planned = plan::make_plan(world.desired, world.record, {}, world.now);
    EXPECT_THAT(planned.findings, Contains(AllOf(HasSubstr("nothing new will run: 2 is the very image of 1"),
                                                 HasSubstr("spec.image names " + image + " itself"),
                                                 HasSubstr("write \"" + rollout::repository_of(image) + "\" alone"))));
    world.has_image = false;  // with it the phase is over within one pass
    ASSERT_TRUE(world.run_to(spec::Phase::Preparing));
    world.has_image = true;
    const auto decision = pass_with_digest(world, world.record->course.active->image_digest);
    EXPECT_THAT(decision.next->course.same_image, HasSubstr("nothing new will run"));
    EXPECT_TRUE(std::ranges::any_of(decision.events, [](const records::Event& one) {
      return one.warning && one.reason == spec::Reason::SameImage;
    }));
    world.record = decision.next;
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::Complete) << "it is no error";
    EXPECT_THAT(same_image_condition(world), HasSubstr("nothing new will run"));
    world.edit([](spec::ApplicationSpec& spec) { spec.version = "3", spec.image = "shop"; });
    world.settle();
    EXPECT_EQ(world.record->course.active->application.spec.version, "3");
    EXPECT_EQ(same_image_condition(world), "");
  }
}

TEST(SameImage, UnderTwoTagsIsSaidOnceTheDigestIsKnown) {
  World world;
  world.settle();
  world.want("2");
  plan::PlanFacts facts;
  facts.image = world::Image{"id-1", world.record->course.active->image_digest};
  EXPECT_THAT(plan::make_plan(world.desired, world.record, facts, world.now).findings,
              Contains(HasSubstr("shop:2 and shop:1 are one (digest-1)")));
  facts.image = world::Image{"id-2", "digest-2"};
  EXPECT_THAT(plan::make_plan(world.desired, world.record, facts, world.now).findings, IsEmpty());
  EXPECT_THAT(plan::make_plan(world.desired, world.record, {}, world.now).findings, IsEmpty()) << "it is to be pulled";
  world.settle();
  EXPECT_EQ(same_image_condition(world), "");
}

TEST(SameImage, OfAnotherSpecOfOneVersionIsNothingToSay) {
  World world;
  world.edit([](spec::ApplicationSpec& spec) { spec.image = "shop:stable"; });
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) { spec.env["CHANGED"].text = "yes"; });
  EXPECT_THAT(plan::make_plan(world.desired, world.record, {}, world.now).findings,
              Not(Contains(HasSubstr("nothing new will run"))));
}

TEST(Downgrade, BelowWhatHasMigratedTheSchemaIsAFindingOfThePlan) {
  World world;
  world.settle();
  world.want("2");
  world.settle();
  plan::PlanFacts facts;
  facts.history = {*world.record, world.history.back()};
  world.want("1.5");
  EXPECT_THAT(plan::make_plan(world.desired, world.record, facts, world.now).findings,
              Contains(AllOf(HasSubstr("a downgrade: revision 2 (2) migrated the schema"),
                             HasSubstr("1.5 has to work with it as it is"))));
  world.want("3");
  EXPECT_THAT(plan::make_plan(world.desired, world.record, facts, world.now).findings, IsEmpty());
}

}  // namespace
}  // namespace teal::test
