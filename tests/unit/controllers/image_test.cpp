// The image of a revision: how its pull is shown, that it is verified, a tag that moves, and which images nobody needs.
#include <gmock/gmock.h>

#include "controllers/reconcile/image_pruning.hpp"
#include "controllers/records/record_json.hpp"
#include "controllers/status/make_status.hpp"
#include "tests/unit/controllers/world.hpp"

#include <boost/json/serialize.hpp>

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

rollout::Decision preparing_with(World& world, const std::function<void(rollout::Observed&)>& change) {
  world.has_image = false;  // with it the phase is over within one pass
  for (int i = 0; i < 10 && !(world.record && world.record->standing.phase == spec::Phase::Preparing); ++i) {
    world.record =
        rollout::decide(world.desired, world.record, world.observe(), world.now).next;  // nothing is performed: no pull
  }
  EXPECT_TRUE(world.record && world.record->standing.phase == spec::Phase::Preparing);
  world.has_image = true;
  auto seen = world.observe();
  change(seen);
  return rollout::decide(world.desired, world.record, seen, world.now);
}

std::vector<std::string> keys(const rollout::Decision& decision) {
  std::vector<std::string> all;
  for (const auto& action : decision.actions) all.push_back(key(action));
  return all;
}

TEST(Images, APullShowsItsLayersAndBytesAndCountsAsProgress) {
  World world;
  const auto decision = preparing_with(world, [](rollout::Observed& seen) {
    seen.image.reset();
    seen.pulling = objects::PullProgress{2, 5, 12'300'000, 40'100'000};
    seen.running.insert("pull " + image_reference(World{}.desired.application.spec));
  });
  EXPECT_THAT(decision.why.message, HasSubstr(": 2 of 5 layers, 12.3 of 40.1 MB"));
  EXPECT_EQ(decision.next->pull, (objects::PullProgress{2, 5, 12'300'000, 40'100'000}));
  EXPECT_EQ(decision.next->standing.patience.since, world.now);
  ASSERT_TRUE(decision.wake_at);
  EXPECT_LE(*decision.wake_at - world.now, std::chrono::milliseconds{500});
  const auto again = records::rollout_record_from_json(boost::json::serialize(to_json(*decision.next)));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->pull, decision.next->pull);
}

TEST(Images, NothingOfARevisionRunsBeforeItsImageIsVerified) {
  World world;
  const auto waits = preparing_with(world, [](rollout::Observed& seen) { seen.unverified = true; });
  EXPECT_THAT(keys(waits), ElementsAre("pull " + image_reference(world.desired.application.spec)));
  EXPECT_EQ(waits.next->standing.phase, spec::Phase::Preparing);
  EXPECT_TRUE(waits.next->course.target.image_id.empty());
  World never;
  const auto still = preparing_with(never, [&](rollout::Observed& seen) {
    never.record->course.target.application.spec.pull_policy = spec::PullPolicy::Never;
    seen.unverified = true;
  });
  EXPECT_EQ(still.next->standing.phase, spec::Phase::Preparing);
  EXPECT_EQ(keys(still).size(), 1U);
}

TEST(Images, ATagThatNamesAnotherImageThanBeforeIsSaid) {
  World world;
  world.settle();
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  world.edit([](spec::ApplicationSpec& spec) { spec.env["CHANGED"].text = "yes"; });
  const auto decision = preparing_with(world, [](rollout::Observed& seen) { seen.image->digest = "sha256:other"; });
  ASSERT_THAT(decision.events, testing::Not(IsEmpty()));
  EXPECT_EQ(decision.events[0].reason, spec::Reason::TagMoved);
  EXPECT_THAT(decision.events[0].message, HasSubstr("names sha256:other now; revision 1 runs"));
  EXPECT_EQ(decision.next->course.target.image_digest, "sha256:other");
}

TEST(Images, AMovedTagIsAConditionOfTheStatus) {
  World world;
  world.settle();
  auto seen = world.observe();
  const auto moved = [&] {
    const auto status = status::make_status(world.desired, world.record, seen, {}, {}, world.now);
    return std::ranges::any_of(status.conditions, [](const objects::Condition& one) { return one.type == "TagMoved"; });
  };
  EXPECT_FALSE(moved());
  seen.tag_digest = world.record->course.active->image_digest;
  EXPECT_FALSE(moved());
  seen.tag_digest = "sha256:other";
  EXPECT_TRUE(moved());
}

records::RolloutRecord rollout(int number, spec::Phase phase = spec::Phase::Complete, const std::string& image = "") {
  records::RolloutRecord record;
  record.course.target.number = number;
  record.course.target.image_id = image.empty() ? "i" + std::to_string(number) : image;
  record.course.target.application.spec.image = "shop";
  record.course.target.application.spec.version = std::to_string(number);
  record.standing.phase = phase;
  record.pulled = true;
  if (phase == spec::Phase::Complete) record.course.active = record.course.target;
  return record;
}

std::vector<std::string> superfluous(const std::map<std::string, std::vector<records::RolloutRecord>>& rollouts,
                                     int keep) {
  std::vector<std::string> ids;
  for (const auto& image : reconcile::superfluous_images(rollouts, keep)) ids.push_back(image.id);
  return ids;
}

TEST(ImagePruning, KeepsTheActiveImageAndThoseBefore) {
  EXPECT_THAT(superfluous({{"shop", {rollout(4), rollout(3), rollout(2), rollout(1)}}}, 2), ElementsAre("i1"));
  EXPECT_THAT(superfluous({{"shop", {rollout(2), rollout(1)}}}, 3), IsEmpty());
  EXPECT_THAT(superfluous({{"shop", {}}}, 1), IsEmpty());
}

TEST(ImagePruning, CountsDifferentImagesThatTookTraffic) {
  const auto again = rollout(5, spec::Phase::Complete, "i4");
  EXPECT_THAT(
      superfluous({{"shop", {again, rollout(4), rollout(3), rollout(2, spec::Phase::RolledBack), rollout(1)}}}, 1),
      ElementsAre("i2", "i1"));
}

TEST(ImagePruning, KeepsWhatARolloutUnderWayAndARollbackNeed) {
  auto running = rollout(3, spec::Phase::Verifying);
  running.course.active = rollout(1).course.target;
  EXPECT_THAT(superfluous({{"shop", {running, rollout(2, spec::Phase::Failed), rollout(1)}}}, 1), ElementsAre("i2"));
  auto ordered = rollout(4);
  ordered.orders.rollback = records::RollbackOrder{rollout(1).course.target, "", ""};
  EXPECT_THAT(superfluous({{"shop", {ordered, rollout(3), rollout(2), rollout(1)}}}, 1), ElementsAre("i2"));
}

TEST(ImagePruning, LeavesWhatTealdDidNotBringAndWhatAnotherApplicationNeeds) {
  auto loaded = rollout(1);
  loaded.pulled = false;
  const auto pulled_later = rollout(3, spec::Phase::Failed, "i2");
  auto present = rollout(2);  // pulled for an earlier revision, and still there
  present.pulled = false;
  EXPECT_THAT(superfluous({{"shop", {rollout(4), rollout(3), loaded}}}, 1), IsEmpty());
  EXPECT_THAT(
      superfluous(
          {{"shop", {rollout(4), rollout(3), rollout(1)}}, {"other", {rollout(9, spec::Phase::Complete, "i1")}}}, 1),
      IsEmpty());
  EXPECT_THAT(superfluous({{"shop", {rollout(5), rollout(4), pulled_later, present}}}, 1), IsEmpty());
  EXPECT_THAT(superfluous({{"shop", {rollout(5), rollout(4), present, rollout(1, spec::Phase::Failed, "i2")}}}, 1),
              ElementsAre("i2"));
}

}  // namespace
}  // namespace teal::test
