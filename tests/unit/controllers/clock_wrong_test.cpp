// The clock on the wall is wrong for a while and set right again, by an operator or by NTP, while teald runs or is
// stopped. What counts from a time on record neither waits for the time that was lost to pass once more, nor is a
// rollout given up for time that never was.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/controllers/stage.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration year = 8760h;
constexpr Duration usual = 15min;  // a rollout waits for the worker's grace at most, which is ten

bool reaches(Stage& stage, spec::Phase phase) {
  stage.start_teald();
  stage.apply();
  if (!stage.run()) return false;
  stage.application.spec.version = "2";
  stage.apply();
  return stage.run_until([&] { return stage.view()->rollout->standing.phase == phase; });
}

TEST(ClockThatIsWrong, AYearAheadForAMomentNeitherEndsARolloutNorHoldsItUp) {
  for (const auto phase : {spec::Phase::Preparing, spec::Phase::Migrating, spec::Phase::Starting,
                           spec::Phase::Verifying, spec::Phase::Retiring}) {
    Stage stage;
    ASSERT_TRUE(reaches(stage, phase)) << to_string(phase);
    stage.clock.time += year;
    stage.run_until([] { return true; });
    stage.clock.time -= year;
    const auto begun = stage.clock.time;
    EXPECT_TRUE(stage.run()) << to_string(phase) << ": " << stage.view()->status.message;
    EXPECT_LT(stage.clock.time - begun, usual) << to_string(phase);
  }
}

TEST(ClockThatIsWrong, ATealdThatStartsWithAClockBehindItsRecordsGoesOnAtOnce) {
  for (const auto phase : {spec::Phase::Preparing, spec::Phase::Migrating, spec::Phase::Starting,
                           spec::Phase::Verifying, spec::Phase::Retiring}) {
    for (const Duration behind : {Duration{1h}, year}) {
      Stage stage;
      ASSERT_TRUE(reaches(stage, phase)) << to_string(phase);
      stage.clock.time -= behind;
      stage.start_teald();
      const auto begun = stage.clock.time;
      EXPECT_TRUE(stage.run()) << to_string(phase) << ": " << stage.view()->status.message;
      EXPECT_LT(stage.clock.time - begun, usual) << to_string(phase);
    }
  }
}

// Its container was started at what is the future now.
TEST(ClockThatIsWrong, AJobThatHangsIsAskedToStopAfterItsTimeoutAndNoLater) {
  World world;
  world.settle();
  world.jobs_that_hang.insert("default");
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  while (world.running("default").empty()) world.pass();
  world.pass();
  world.now -= 8h;
  const auto begun = world.now;
  const auto timeout = world.desired.application.spec.migration.timeout;
  const auto is_stopped = [&] { return std::ranges::count(world.performed, "stop teal-shop-default-r2-1") > 0; };
  for (int i = 0; i < 100 && !is_stopped(); ++i) world.pass();
  ASSERT_TRUE(is_stopped());
  EXPECT_GE(world.now - begun, timeout) << "M5: it is never cut short";
  EXPECT_LT(world.now - begun, timeout + 1min);
}

// It was started while the clock was fast.
TEST(ClockThatIsWrong, AReplicaThatHangsIsReplacedAllTheSame) {
  World world;
  world.settle();
  const std::string name = "teal-shop-api-r1-0";
  world.trouble.hung.insert(world.find(name)->id);
  for (auto& slot : world.slots) {
    if (slot.seen.name == name) slot.verdict = false;
  }
  world.now -= year;
  const auto begun = world.now;
  for (int i = 0; i < 100 && !world.has_event("ReplicaHung"); ++i) world.pass();
  EXPECT_TRUE(world.has_event("ReplicaHung"));
  EXPECT_LT(world.now - begun, 1h);
}

// A window is what people call that time of day, whatever the clock said before.
TEST(ClockThatIsWrong, AWindowIsOfTheClockOnTheWall) {
  World world;
  world.settle();
  const Time today = std::chrono::floor<std::chrono::days>(world.now) + std::chrono::days{1};
  const auto opens = today + 22h;
  world.now = opens - 1min;
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.windows = {spec::Window{{}, 22 * 60, 23 * 60, "UTC"}};
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Pending));
  for (int i = 0; i < 3; ++i) {
    world.now = opens - 1h;  // it was an hour fast
    world.pass();
    EXPECT_EQ(world.phase(), spec::Phase::Pending);
    EXPECT_EQ(world.why.reason, spec::Reason::WaitingForWindow);
  }
  for (int i = 0; i < 500 && world.phase() == spec::Phase::Pending; ++i) world.pass();
  EXPECT_GE(world.now, opens);
  EXPECT_LT(world.now, opens + 1min);
  EXPECT_TRUE(world.run_to(spec::Phase::Complete)) << world.why.message;
}

}  // namespace
}  // namespace teal::test
