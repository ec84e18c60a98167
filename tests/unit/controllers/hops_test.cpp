// hops: Automatic walks the vendor's required stops, one full rollout at a time.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "controllers/records/record_json.hpp"
#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Version 1.0 is installed, 1.4 is wanted, 1.2 and 1.3 must not be skipped.
World walking(const std::function<void(spec::ApplicationSpec&)>& change = {}) {
  World world;
  world.desired.application.spec.version = "1.0";
  world.settle();
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "1.4";
    spec.upgrade_policy.stops = {"1.3", "1.2"};
    spec.upgrade_policy.hops = spec::Hops::Automatic;
    if (change) change(spec);
  });
  world.watch_traffic();
  return world;
}

std::vector<std::string> versions(const World& world) {
  std::vector<std::string> all;
  for (const auto& one : world.history) all.push_back(one.course.target.application.spec.version);
  all.push_back(world.record->course.target.application.spec.version);
  return all;
}

TEST(Hops, WalkTheStopsOneRolloutAtATime) {
  auto world = walking();
  world.settle(30min);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.3", "1.4"));
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1.4");
  EXPECT_EQ(world.record->course.target.number, 4);
  EXPECT_EQ(world.record->course.from_version, "1.3");
  EXPECT_EQ(world.job_starts["default"], 4) << "each stop has its own migration";
  EXPECT_TRUE(world.migrated.contains("default@digest-1.2"));
  EXPECT_GE(world.fewest_up, 2);
  for (const auto& one : world.history) EXPECT_EQ(one.standing.phase, spec::Phase::Complete);
  EXPECT_EQ(world.history.back().course.final_version, "1.4");
  EXPECT_TRUE(world.record->course.final_version.empty());
}

TEST(Hops, AreManualUnlessAskedFor) {
  auto world = walking([](spec::ApplicationSpec& spec) { spec.upgrade_policy.hops = spec::Hops::Manual; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Pending);
  EXPECT_THAT(world.why.message, HasSubstr("go to 1.2 first"));
}

TEST(Hops, StopAtTheFirstThatFailsAndRetryGoesOnFromThere) {
  auto world = walking();
  world.trouble.sick = {"1.3"};
  world.settle(1h);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.3"));
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1.2");
  EXPECT_EQ(world.record->course.final_version, "1.4");
  world.trouble.sick.clear();
  records::VerbRequest request;
  request.verb = records::Verb::Retry;
  world.record = rollout::apply_verb(*world.record, request, world.now)->next;
  world.settle(1h);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.3", "1.3", "1.4"));
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Hops, ANewerSpecSupersedesTheWalk) {
  auto world = walking();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  ASSERT_EQ(world.record->course.target.application.spec.version, "1.2");
  world.want("1.1");
  world.settle(30min);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.1"));
  EXPECT_EQ(world.history.back().standing.phase, spec::Phase::Superseded);
}

TEST(Hops, ANewGoalBeyondTheSameStopDoesNotDisturbThatStop) {
  auto world = walking();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.want("1.5");
  world.settle(1h);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.3", "1.5"));
  EXPECT_EQ(world.history[1].standing.phase, spec::Phase::Complete);
  EXPECT_EQ(world.history[1].course.final_version, "1.5");
}

TEST(Hops, MoreReplicasInTheMiddleAreTakenOverInPlace) {
  auto world = walking();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(1h);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.3", "1.4"));
  EXPECT_EQ(world.up(), 3);
}

TEST(Hops, WalkOnAfterARestart) {
  auto world = walking();
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  const auto stored = boost::json::serialize(to_json(*world.record));
  const auto read = records::rollout_record_from_json(stored);
  ASSERT_TRUE(read);
  world.record = *read;
  world.settle(1h);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2", "1.3", "1.4"));
}

TEST(Hops, SuspendHoldsTheWalkBetweenTwoStops) {
  auto world = walking();
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  world.edit([](spec::ApplicationSpec& spec) { spec.suspend = true; });
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1.2");
  world.edit([](spec::ApplicationSpec& spec) { spec.suspend = false; });
  world.settle(1h);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1.4");
}

TEST(Hops, AnAbortEndsTheWalk) {
  auto world = walking();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  records::VerbRequest request;
  request.verb = records::Verb::Abort;
  world.record = rollout::apply_verb(*world.record, request, world.now)->next;
  world.settle(1h);
  EXPECT_THAT(versions(world), ElementsAre("1.0", "1.2"));
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
}

}  // namespace
}  // namespace teal::test
