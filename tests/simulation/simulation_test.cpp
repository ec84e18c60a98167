// The simulation itself: that it repeats itself, that a smaller story still shows what is broken.
#include <gmock/gmock.h>

#include "tests/simulation/run.hpp"

namespace teal::simulation {
namespace {

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
  for (const std::uint64_t seed : {1,   2,    34,   59,   110,  129,  134,  174,  221,  229,  323, 680,
                                   944, 1111, 1163, 1453, 1482, 1612, 1642, 1669, 1847, 1043, 548, 1421}) {
    const auto outcome = run(make_plain_scenario(seed), false);
    EXPECT_THAT(outcome.violations, IsEmpty()) << seed << ": " << outcome.violations.front().what;
  }
}

TEST(Simulation, StoriesOfDatabasesThatOnceBrokeAPromiseKeepThemAll) {
  for (const std::uint64_t seed : {18, 49, 104, 136, 174, 191, 1631, 1907}) {
    const auto outcome = run(make_scenario(seed), false);
    EXPECT_THAT(outcome.violations, IsEmpty()) << seed << ": " << outcome.violations.front().what;
  }
}

TEST(Simulation, StoriesThatBrokeAPromiseWithoutAnyFaultKeepThemAll) {
  for (const std::uint64_t seed : {129, 173, 1819}) {
    const auto outcome = run(without_faults(make_scenario(seed)), false);
    EXPECT_THAT(outcome.violations, IsEmpty()) << seed << ": " << outcome.violations.front().what;
  }
}

// Whatever was saved last is what is told last.
TEST(Simulation, AManifestIsNeverTakenAfterANewerReadingOfIt) {
  for (const std::uint64_t seed : {183, 206}) {
    const auto outcome = run(widened(make_plain_scenario(seed)), false);
    EXPECT_THAT(outcome.violations, IsEmpty()) << seed << ": " << outcome.violations.front().what;
  }
}

}  // namespace
}  // namespace teal::simulation
