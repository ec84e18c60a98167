// The simulation itself: that it repeats itself, that it sees what is broken, that a smaller story still shows it.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/simulation/monitors/watched.hpp"
#include "tests/simulation/run.hpp"
#include "tests/simulation/timeline.hpp"
#include "tests/support/await.hpp"

namespace teal::simulation {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

TEST(Simulation, TheSameSeedIsTheSameStory) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto first = run(make_scenario(seed), false);
    const auto again = run(make_scenario(seed), true);
    EXPECT_EQ(first.hash, again.hash) << seed;
    EXPECT_EQ(first.passes, again.passes) << seed;
    EXPECT_EQ(first.effects, again.effects) << seed;
  }
}

TEST(Simulation, OtherSeedsAreOtherStories) {
  EXPECT_NE(run(make_scenario(1), false).hash, run(make_scenario(2), false).hash);
}

TEST(Simulation, WithoutFaultsAStoryKeepsAllPromisesToo) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto scenario = make_scenario(seed);
    scenario.faults.clear();
    const auto outcome = run(scenario, false);
    EXPECT_THAT(outcome.violations, IsEmpty()) << seed << ": " << outcome.violations.front().what;
    EXPECT_EQ(outcome.faults, 0);
  }
}

// README.md says what each was; the units have tests that do not depend on how stories are made.
TEST(Simulation, StoriesThatOnceBrokeAPromiseKeepThemAll) {
  for (const std::uint64_t seed : {1, 34, 59, 110, 129, 134, 174, 221, 229, 1111, 1163}) {
    const auto outcome = run(make_scenario(seed), false);
    EXPECT_THAT(outcome.violations, IsEmpty()) << seed << ": " << outcome.violations.front().what;
  }
}

// Models with one application, as teald would have left them.
class Watched : public testing::Test {
 protected:
  Watched() {
    Models models;
    models.engine = &fake_;
    models.balancers = {{"edge", &balancer_}};
    models.store = &store_;
    models.clock = &timeline_;
    models.has_passed = [](const std::string&) { return false; };
    models.tells_credential = [](std::string_view text) { return text == "secret"; };
    monitors_ = std::make_unique<Monitors>(std::move(models));
    engine_ = std::make_unique<WatchedEngine>(fake_, *monitors_);
    fake_.add_image("shop:1", {"id-1", "digest-1"});
  }

  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return test::await(loop_, std::move(task));
  }

  std::string create(Role role, const std::string& unit, int index) {
    ContainerSpec spec;
    spec.name = "teal-shop-" + unit + "-r1-" + std::to_string(index);
    spec.image_id = "id-1";
    spec.application = "shop";
    spec.unit = unit;
    spec.role = role;
    spec.revision = 1;
    spec.index = index;
    return *wait(engine_->create(std::move(spec)));
  }

  [[nodiscard]] bool has_broken(Promise promise) const {
    return std::ranges::any_of(monitors_->violations(), [&](const Violation& one) { return one.promise == promise; });
  }

  boost::asio::io_context loop_;
  Timeline timeline_;
  FakeEngine fake_{timeline_};
  FakeLoadBalancer balancer_{timeline_};
  FakeStore store_;
  std::unique_ptr<Monitors> monitors_;
  std::unique_ptr<WatchedEngine> engine_;
};

TEST_F(Watched, ACreationThatIsNotOnRecordBreaksO3) {
  create(Role::Serve, "api", 0);
  EXPECT_TRUE(has_broken(Promise::O3));
}

TEST_F(Watched, TwoMigratorsBreakM1) {
  ASSERT_TRUE(wait(engine_->start(create(Role::Migrate, "default", 1))));
  EXPECT_FALSE(has_broken(Promise::M1));
  ASSERT_TRUE(wait(engine_->start(create(Role::Migrate, "extra", 1))));
  EXPECT_TRUE(has_broken(Promise::M1));
}

TEST_F(Watched, AMigrationThatIsRemovedWhileItRunsBreaksM5) {
  const auto id = create(Role::Migrate, "default", 1);
  ASSERT_TRUE(wait(engine_->start(id)));
  ASSERT_TRUE(wait(engine_->remove(id)));
  EXPECT_TRUE(has_broken(Promise::M5));
}

TEST_F(Watched, AStrangersContainerThatIsTouchedBreaksO2) {
  ContainerSpec spec;
  spec.name = "somebody-elses";
  spec.image_id = "id-1";
  const auto id = *wait(fake_.create(std::move(spec)));
  ASSERT_TRUE(wait(engine_->remove(id)));
  EXPECT_TRUE(has_broken(Promise::O2));
}

TEST_F(Watched, ASuccessOnRecordThatNeverWasBreaksM3) {
  RolloutRecord record;
  record.application = "shop";
  record.target.number = 1;
  record.target.image_id = "id-1";
  JobRecord job;
  job.job = "default";
  job.state = JobState::Succeeded;
  record.jobs = {job};
  monitors_->committed(record);
  EXPECT_TRUE(has_broken(Promise::M3));
}

}  // namespace
}  // namespace teal::simulation
