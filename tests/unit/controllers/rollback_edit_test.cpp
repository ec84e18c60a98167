// The spec is edited while somebody goes back to a revision that it asks for by now.
#include <gmock/gmock.h>

#include "controllers/rollout/aftermath.hpp"
#include "tests/unit/controllers/going_back.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

// Simulation seed 136: an edit of the policy and its opposite, and the first of them stayed in force.
TEST(RollbackEdit, ThatIsTakenBackAgainLeavesTheSpecInForceAsItIsWanted) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world, 1));
  world.settle(1h);
  ASSERT_TRUE(ask(world, 2));
  ASSERT_TRUE(world.run_to(Phase::Starting));
  const auto deadline = world.desired.application.spec.rollout.deadline;
  world.edit([](ApplicationSpec& spec) { spec.rollout.deadline = 7min; });
  world.pass();
  world.edit([&](ApplicationSpec& spec) { spec.rollout.deadline = deadline; });
  world.settle(1h);
  EXPECT_EQ(world.phase(), Phase::Complete);
  EXPECT_EQ(world.record->active->application.spec, world.desired.application.spec);
  EXPECT_EQ(not_retried(world.desired, world.record), "");
}

}  // namespace
}  // namespace teal::test
