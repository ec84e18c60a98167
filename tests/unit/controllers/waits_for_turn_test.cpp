// What an engine does for few at a time: a rollout waits for those before it, says so, and is not given up meanwhile;
// what keeps an application alive waits for nobody.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using enum rollout::Turn;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

// One decision in this world, when the engine is busy with others.
rollout::Decision decided(World& world, std::map<rollout::Turn, rollout::TurnSeen> turns) {
  auto seen = world.observe();
  seen.turns = std::move(turns);
  return rollout::decide(world.desired, world.record, seen, world.now);
}

std::map<rollout::Turn, rollout::TurnSeen> busy() { return {{Pull, {0, 12}}, {Start, {0, 12}}, {Migrate, {-3, 12}}}; }

std::vector<std::string> keys(const rollout::Decision& decision) {
  std::vector<std::string> all;
  for (const auto& action : decision.actions) all.push_back(key(action));
  return all;
}

void remove_by_hand(World& world, const std::string& name) {
  std::erase_if(world.boxes, [&](const model::Box& box) { return box.seen.name == name; });
}

// Decisions of a busy engine for an hour, of which nothing comes.
void expect_it_waits_for_an_hour(World& world, const std::string& purpose, rollout::Turn turn) {
  const auto phase = world.phase();
  for (int i = 0; i < 360; ++i, world.now += 10s) {
    auto decision = decided(world, busy());
    ASSERT_EQ(decision.why.reason, spec::Reason::WaitingForTurn) << decision.why.message;
    ASSERT_EQ(decision.why.message, "waits for its turn: 12 before it (" + purpose + ")");
    ASSERT_THAT(keys(decision), IsEmpty());
    ASSERT_THAT(decision.awaited, ElementsAre(turn));
    ASSERT_THAT(decision.taken, IsEmpty());
    world.record = decision.next;
    ASSERT_EQ(world.phase(), phase) << world.record->outcome.failure;
  }
}

TEST(WaitsForTurn, APull) {
  auto world = upgrading();
  world.has_image = false;
  for (int i = 0; i < 10 && world.phase() != spec::Phase::Preparing; ++i)
    world.record = rollout::decide(world.desired, world.record, world.observe(), world.now).next;
  ASSERT_EQ(world.phase(), spec::Phase::Preparing);
  expect_it_waits_for_an_hour(world, "to pull its image", Pull);
  const auto decision = decided(world, {{Pull, {1, 1}}});
  EXPECT_THAT(keys(decision), ElementsAre(StartsWith("pull ")));
  EXPECT_THAT(decision.taken, ElementsAre(Pull));
}

TEST(WaitsForTurn, AMigrationBeforeAnythingOfItIsOnRecord) {
  auto world = upgrading();
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  expect_it_waits_for_an_hour(world, "to run a job", Migrate);
  EXPECT_EQ(world.record->jobs.front().attempts, 0);
  EXPECT_EQ(world.record->jobs.front().state, records::JobState::Pending);
  EXPECT_THAT(keys(decided(world, {{Migrate, {1, 7}}})), ElementsAre(StartsWith("create ")));
}

TEST(WaitsForTurn, AJobThatRunsIsWatchedWhoeverWaits) {
  auto world = upgrading();
  world.jobs_that_hang.insert("default");
  for (int i = 0; i < 50 && (world.record->jobs.empty() || world.record->jobs.front().attempts == 0); ++i) world.pass();
  for (int i = 0; i < 5; ++i) world.pass();
  const auto decision = decided(world, busy());
  EXPECT_NE(decision.why.reason, spec::Reason::WaitingForTurn) << decision.why.message;
  EXPECT_THAT(decision.awaited, IsEmpty());
}

TEST(WaitsForTurn, NewReplicasSoManyAtATime) {
  auto world = upgrading([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 5; });
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  ASSERT_THAT(world.running("api"), SizeIs(5)) << "of the old version only";
  expect_it_waits_for_an_hour(world, "to start replicas", Start);
  const auto decision = decided(world, {{Start, {3, 1}}});
  EXPECT_THAT(keys(decision), SizeIs(3));
  EXPECT_THAT(decision.awaited, ElementsAre(Start));
  EXPECT_EQ(decision.why.reason, spec::Reason::StartingReplicas) << "something is done";
}

TEST(WaitsForTurn, NotWhatReplacesADeadReplica) {
  auto world = installed();
  world.kill(world.running("api").front());
  for (int i = 0; i < 5; ++i) {
    const auto decision = decided(world, busy());
    EXPECT_NE(decision.why.reason, spec::Reason::WaitingForTurn);
    world.pass();
  }
  // … nor one of the old version, while the new one waits.
  world = upgrading();
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.kill(world.running("api").front());
  EXPECT_THAT(keys(decided(world, busy())), Contains(StartsWith("remove ")));
  remove_by_hand(world, world.running("api").front());
  EXPECT_THAT(keys(decided(world, busy())), Contains(StartsWith("run ")));
}

TEST(WaitsForTurn, NotTheWayBack) {
  auto world = upgrading();
  ASSERT_TRUE(world.run_to(spec::Phase::Introducing));
  world.record->standing.phase = spec::Phase::RollingBack;
  remove_by_hand(world, world.running("api").front());
  const auto decision = decided(world, busy());
  EXPECT_THAT(decision.awaited, IsEmpty());
  EXPECT_NE(decision.why.reason, spec::Reason::WaitingForTurn);
}

TEST(WaitsForTurn, NotWhileNothingServes) {
  auto world = upgrading([](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; });
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  EXPECT_THAT(decided(world, busy()).awaited, IsEmpty());
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  const auto decision = decided(world, busy());
  EXPECT_THAT(decision.awaited, IsEmpty());
  EXPECT_THAT(keys(decision), Not(IsEmpty()));
}

// Else it would keep those behind it waiting for nothing.
TEST(WaitsForTurn, NotWhatIsNotDueAgain) {
  auto world = upgrading();
  world.has_image = false;
  for (int i = 0; i < 10 && world.phase() != spec::Phase::Preparing; ++i)
    world.record = rollout::decide(world.desired, world.record, world.observe(), world.now).next;
  auto seen = world.observe();
  seen.turns = busy();
  const auto pull = "pull " + image_reference(world.desired.application.spec);
  seen.failures[pull] = {Error{ErrorCode::unavailable, "no route to the registry"}, 3, world.now, world.now};
  const auto decision = rollout::decide(world.desired, world.record, seen, world.now);
  EXPECT_EQ(decision.why.reason, spec::Reason::ImagePullFailing);
  EXPECT_THAT(decision.awaited, IsEmpty());
  EXPECT_THAT(decision.taken, IsEmpty());
}

}  // namespace
}  // namespace teal::test
