// The vendor's upgrade rules: trains, stops, what was acknowledged.
#include "controllers/rollout/policy.hpp"

#include <gmock/gmock.h>

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

records::RolloutRecord upgrade(const std::string& from, const std::string& to) {
  records::RolloutRecord record;
  record.course.active = records::Revision{};
  record.course.active->application.spec.version = from;
  record.course.target.application.spec.version = to;
  return record;
}

spec::UpgradePolicy& policy(records::RolloutRecord& record) {
  return record.course.target.application.spec.upgrade_policy;
}

TEST(Policy, WithoutRulesEverythingIsAllowed) {
  EXPECT_TRUE(rollout::upgrade_verdict(upgrade("1", "latest")).allowed);
  EXPECT_EQ(rollout::upgrade_verdict(upgrade("1", "2")).strategy, spec::Strategy::BlueGreen);
}

TEST(Policy, FirstInstallationIsAlwaysAllowed) {
  auto record = upgrade("", "2025.3.1");
  record.course.active.reset();
  policy(record).train = 2;
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
}

TEST(Policy, WithinTheTrainNothingIsAsked) {
  auto record = upgrade("2018.1.11.318", "2018.1.11.400");
  policy(record).train = 3;
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
  record = upgrade("2025.2.0", "2025.2.1");
  policy(record).train = 2;
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
}

TEST(Policy, OutsideTheTrainIsBlockedUntilItsNotesWereRead) {
  auto record = upgrade("2025.2.1", "2025.3.0");
  policy(record).train = 2;
  const auto verdict = rollout::upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.why.reason, spec::Reason::UpgradeBlocked);
  EXPECT_THAT(verdict.why.message, HasSubstr("2025.2.1 → 2025.3.0"));
  EXPECT_THAT(verdict.why.message, HasSubstr("spec.upgradePolicy.acknowledged"));
  policy(record).acknowledged = "2025.2";
  EXPECT_FALSE(rollout::upgrade_verdict(record).allowed) << "the notes of another train";
  policy(record).acknowledged = "2025.3";
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
  EXPECT_EQ(rollout::upgrade_verdict(record).strategy, spec::Strategy::BlueGreen);
}

TEST(Policy, FourPartVersionsDifferInTheThirdPart) {
  auto record = upgrade("2018.1.11.318", "2018.1.12.1");
  policy(record).train = 3;
  EXPECT_FALSE(rollout::upgrade_verdict(record).allowed);
  policy(record).train = 2;
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
}

TEST(Policy, OutsideTheTrainMayDemandDowntimeInstead) {
  auto record = upgrade("1.4", "2.0");
  policy(record).train = 1;
  policy(record).outside_train = spec::OutsideTrain::Recreate;
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
  EXPECT_EQ(rollout::upgrade_verdict(record).strategy, spec::Strategy::Recreate);
  policy(record).outside_train = spec::OutsideTrain::BlueGreen;
  EXPECT_EQ(rollout::upgrade_verdict(record).strategy, spec::Strategy::BlueGreen);
}

TEST(Policy, StopsMayNotBeJumpedOverAndTheNextOneIsNamed) {
  auto record = upgrade("2025.1.0", "2025.2.0");
  policy(record).stops = {"2025.1.9", "2025.1.5", "2024.9", "2025.2.0"};
  const auto verdict = rollout::upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.why.message, HasSubstr("go to 2025.1.5 first (set spec.version to \"2025.1.5\")"));
  record.course.active->application.spec.version = "2025.1.9";
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed) << "neither the stop one stands on nor the goal is in between";
}

TEST(Policy, AStopOfFewPartsIsAnyVersionOfItsTrain) {
  auto record = upgrade("16.2.4", "16.4.0");
  policy(record).stops = {"16.3"};
  EXPECT_THAT(rollout::upgrade_verdict(record).why.message, HasSubstr("go to 16.3 first"));
  record = upgrade("16.2.4", "16.3.9");
  policy(record).stops = {"16.3"};
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed) << "its newest patch is that stop";
  record = upgrade("16.3.9", "16.4.0");
  policy(record).stops = {"16.3"};
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
}

TEST(Policy, ADowngradeToAnotherTrainDoesNotPromiseARollbackThatTheTrainRefuses) {
  auto record = upgrade("1.3.0", "1.2.0");
  record.course.target.application.name = "cart";
  policy(record).train = 2;
  EXPECT_THAT(
      rollout::upgrade_verdict(record).why.message,
      HasSubstr("1.2.0 is of another train, to which teal rollback cart leads only if nothing was migrated since: "
                "set spec.version to 1.3.0 or a newer one"));
  record = upgrade("1.3.1", "1.3.0");
  record.course.target.application.name = "cart";
  policy(record).train = 2;
  EXPECT_THAT(rollout::upgrade_verdict(record).why.message,
              HasSubstr("teal rollback cart --to-revision N goes back to an earlier revision"));
}

TEST(Policy, ADowngradeIsRefusedUnlessItIsARollback) {
  auto record = upgrade("2025.2.0", "2025.1.0");
  record.course.target.application.name = "shop";
  policy(record).stops = {"2025.1.9"};
  const auto verdict = rollout::upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.why.message, HasSubstr("2025.1.0 is older than 2025.2.0: a downgrade is refused"));
  EXPECT_THAT(verdict.why.message, HasSubstr("teal rollback shop"));
  record.course.back = records::RollbackOrigin{};
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
}

TEST(Policy, SemanticCalendarAndFourPartVersionsAreOrdered) {
  const std::vector<std::pair<std::string, std::string>> upgrades{
      {"1.9.9", "1.10.0"}, {"v1.4.0-rc1", "v1.4.0"}, {"2025.2", "2025.10"}, {"2018.1.11.318", "2018.1.11.1000"}};
  for (const auto& [from, to] : upgrades) {
    auto record = upgrade(from, to);
    policy(record).train = 1;
    EXPECT_TRUE(rollout::upgrade_verdict(record).allowed) << from << " → " << to;
    record = upgrade(to, from);
    policy(record).train = 1;
    EXPECT_FALSE(rollout::upgrade_verdict(record).allowed) << to << " → " << from;
  }
}

TEST(Policy, AutomaticHopsNameEveryStopInOrder) {
  auto record = upgrade("2024.4.0", "2025.3.0");
  auto& wanted = record.course.target.application;
  wanted.spec.image = "registry.example/shop";
  policy(record).stops = {"2025.2.1", "2024.9.3", "2026.1.0"};
  EXPECT_THAT(rollout::versions_on_the_way(wanted, record.course.active), ElementsAre("2025.3.0"))
      << "Manual: nothing walks by itself";
  policy(record).hops = spec::Hops::Automatic;
  EXPECT_THAT(rollout::versions_on_the_way(wanted, record.course.active),
              ElementsAre("2024.9.3", "2025.2.1", "2025.3.0"));
  EXPECT_EQ(image_reference(rollout::next_hop(wanted, record.course.active).spec), "registry.example/shop:2024.9.3");
  EXPECT_THAT(rollout::versions_on_the_way(wanted, std::nullopt), ElementsAre("2025.3.0"))
      << "a first installation has no way";
}

TEST(Policy, AnImageThatNamesItsTagCannotBeWalked) {
  auto record = upgrade("2024.4.0", "2025.3.0");
  record.course.target.application.spec.image = "registry.example/shop:stable";
  policy(record).stops = {"2025.2.1"};
  policy(record).hops = spec::Hops::Automatic;
  EXPECT_EQ(rollout::next_hop(record.course.target.application, record.course.active).spec.version, "2025.3.0");
  const auto verdict = rollout::upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.why.message, HasSubstr("spec.image (registry.example/shop:stable) names its tag"));
}

TEST(Policy, WhoeverAcknowledgedTheGoalMeansTheWayThere) {
  auto record = upgrade("2024.4.0", "2024.9.3");
  policy(record).train = 2;
  policy(record).acknowledged = "2025.3";
  EXPECT_FALSE(rollout::upgrade_verdict(record).allowed);
  record.course.final_version = "2025.3.0";
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed);
}

TEST(Policy, VersionsThatCannotBeComparedAreBlockedWithTheText) {
  auto record = upgrade("nightly!", "2025.1.0");
  policy(record).train = 1;
  const auto verdict = rollout::upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.why.message, HasSubstr("nightly!"));
  record = upgrade("nightly!", "nightly!");
  policy(record).train = 1;
  EXPECT_TRUE(rollout::upgrade_verdict(record).allowed) << "the same version with other settings is no upgrade";
}

}  // namespace
}  // namespace teal::test
