// The clock on the wall is set back by an hour at the worst moments. Found by simulation, seeds 110 and 134: everything
// that counts from a time on record waited for that hour to pass once more.
#include <gmock/gmock.h>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(ClockSetBack, TheBakeEndsAfterItsTime) {
  World world;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.now -= 1h;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
}

TEST(ClockSetBack, ADeadReplicaIsReplacedSoon) {
  World world;
  world.settle();
  for (int i = 0; i < 3; ++i) {  // by then there is a delay between two replacements
    world.settle(1min);
    world.kill("teal-shop-api-r1-0");
  }
  world.pass();
  world.now -= 1h;
  world.settle();
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
}

TEST(ClockSetBack, AWorkerWithoutAPortIsReady) {
  World world;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.pass();
  world.pass();
  world.now -= 1h;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
}

}  // namespace
}  // namespace teal::test
