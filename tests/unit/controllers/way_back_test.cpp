// Going back where old and new must not run side by side. Found by exploration.
#include <gmock/gmock.h>

#include <set>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(WayBack, OfRecreateBringsTheOldVersionUpOnlyOnceNothingOfTheNewIsLeft) {
  World world;
  world.desired.application.spec.rollout.strategy = Strategy::Recreate;
  world.settle();
  world.edit([](ApplicationSpec& spec) { spec.version = "2"; });
  ASSERT_TRUE(world.run_to(Phase::Starting));
  ASSERT_TRUE(world.run_to(Phase::Introducing));
  VerbRequest abort;
  abort.verb = Verb::Abort;
  abort.by = "ann";
  world.record = apply_verb(*world.record, abort, world.now)->next;
  for (int i = 0; i < 200 && world.phase() != Phase::RolledBack; ++i) {
    world.pass();
    std::set<int> revisions;
    for (const auto& one : world.containers) revisions.insert(one.revision);
    EXPECT_LE(revisions.size(), 1u) << world.why.message;
  }
  EXPECT_EQ(world.phase(), Phase::RolledBack);
  world.settle();
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r1-0"));
}

TEST(WayBack, GraceThatTakesLongerThanTheDeadlineIsNoLackOfProgress) {
  World world;
  world.desired.application.spec.components[1].replace = Replace::StopFirst;
  world.desired.application.spec.components[1].stop.grace = 30s;
  world.desired.application.spec.rollout.deadline = 3s;
  world.settle();
  world.ignores_stop = true;
  world.edit([](ApplicationSpec& spec) { spec.version = "2"; });
  world.settle(30min);
  EXPECT_EQ(world.phase(), Phase::Complete) << world.record->failure;
}

TEST(WayBack, ServerOfAnOldReplicaThatIsGoneGoesWhileTheNewOnesAreIntroduced) {
  World world;
  world.desired.application.spec.components[0].replace = Replace::StopFirst;
  world.settle();
  world.sessions = 1;  // requests that keep the old ones draining
  world.edit([](ApplicationSpec& spec) { spec.version = "2"; });
  ASSERT_TRUE(world.run_to(Phase::Introducing));
  for (int i = 0; i < 3; ++i) world.pass();
  world.knows_nothing_of_health = true;  // the new ones take their time
  std::erase_if(world.containers, [](const Container& one) { return one.name == "teal-shop-api-r1-0"; });
  for (int i = 0; i < 5; ++i) world.pass();
  ASSERT_EQ(world.phase(), Phase::Introducing);
  for (const auto& server : world.servers) EXPECT_NE(server.name, "teal-shop-api-r1-0");
}

}  // namespace
}  // namespace teal::test
