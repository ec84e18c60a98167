// Old and new of a StopFirst component never run at the same time, whatever is left of which revision.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

std::set<int> revisions_of_workers(const World& world) {
  std::set<int> revisions;
  for (const auto& one : world.containers()) {
    if (one.unit == "worker" && one.state == world::ContainerState::Running) revisions.insert(one.revision);
  }
  return revisions;
}

// Found by simulation, seed 1111: the old one was brought back beside the new one when a third spec had it no more.
TEST(StopFirst, HoldsWhenTheComponentIsTakenOutWhileItIsReplaced) {
  World world;
  world.desired.application.spec.components[1].replace = spec::Replace::StopFirst;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.components.pop_back();
  });
  for (int i = 0; i < 300; ++i) {
    world.pass();
    ASSERT_LE(revisions_of_workers(world).size(), 1u) << "pass " << i;
  }
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
  EXPECT_TRUE(revisions_of_workers(world).empty());
}

}  // namespace
}  // namespace teal::test
