// A rollout told ahead in a model world does what a rollout does: the same actions, as often, up to the same end.
#include <gmock/gmock.h>

#include <algorithm>

#include "controllers/plan/model/rehearse.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

std::vector<std::string> keys(const model::Rehearsal& told) {
  std::vector<std::string> all;
  for (const auto& step : told.steps) {
    for (const auto& action : step.actions) all.push_back(key(action));
  }
  return all;
}

std::ptrdiff_t place(const std::vector<std::string>& keys, std::string_view beginning) {
  return std::ranges::find_if(keys, [&](const std::string& one) { return one.starts_with(beginning); }) - keys.begin();
}

model::Rehearsal rehearse(const World& world) {
  std::vector<spec::ApplicationSpec> used{world.desired.application.spec};
  if (world.record && world.record->course.active) used.push_back(world.record->course.active->application.spec);
  return model::rehearse(world.desired, world.record, model::steady_world(world.record, world.now), used);
}

// What is told beforehand, and what is then done.
void expect_the_same(World& world) {
  const auto told = rehearse(world);
  world.performed.clear();
  world.settle(1h);
  EXPECT_THAT(keys(told), UnorderedElementsAreArray(world.performed));
  EXPECT_TRUE(told.came_to_rest);
  ASSERT_TRUE(told.record);
  EXPECT_EQ(told.record->standing.phase, world.record->standing.phase);
  EXPECT_EQ(told.record->course.target.number, world.record->course.target.number);
  EXPECT_EQ(told.why.reason, world.why.reason);
}

World serving() {
  auto world = installed();
  world.now += 1h;
  return world;
}

TEST(Rehearsal, OfAFirstInstallationIsWhatIsDone) {
  World world;
  expect_the_same(world);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Rehearsal, OfAnUpgradeIsWhatIsDone) {
  auto world = serving();
  world.want("2");
  expect_the_same(world);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Rehearsal, OfARecreateIsWhatIsDone) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.strategy = spec::Strategy::Recreate;
  });
  expect_the_same(world);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Rehearsal, OfAReplacementStopFirstIsWhatIsDone) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components.back().replace = spec::Replace::StopFirst;
  });
  expect_the_same(world);
}

TEST(Rehearsal, OfAChangeOfReplicasIsWhatIsDone) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) { spec.components.front().replicas = 3; });
  expect_the_same(world);
}

TEST(Rehearsal, EndsWhereAPersonIsWaitedFor) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeCutover;
  });
  expect_the_same(world);
  EXPECT_EQ(rehearse(world).record->standing.phase, spec::Phase::AwaitingApproval);
}

TEST(Rehearsal, TellsStepsInTheirOrder) {
  auto world = serving();
  world.want("2");
  const auto told = keys(rehearse(world));
  EXPECT_LT(place(told, "create teal-shop-default-r2"), place(told, "run teal-shop-api-r2"));
  EXPECT_LT(place(told, "run teal-shop-api-r2"), place(told, "drain"));
}

TEST(Rehearsal, OfWhatIsAsItIsWantedHasNoSteps) {
  const auto world = serving();
  const auto told = rehearse(world);
  EXPECT_THAT(told.steps, IsEmpty());
  EXPECT_TRUE(told.came_to_rest);
}

TEST(Rehearsal, ShowsWhatTroubleWouldCome) {
  auto world = serving();
  world.want("2");
  auto model = model::steady_world(world.record, world.now);
  model.trouble.sick.insert("2");
  const auto told = model::rehearse(world.desired, world.record, std::move(model), {world.desired.application.spec});
  EXPECT_TRUE(told.came_to_rest);
  EXPECT_EQ(told.record->standing.phase, spec::Phase::RolledBack);
}

}  // namespace
}  // namespace teal::test
