// The vendor's upgrade rules: trains, stops, what was acknowledged.
#include "controllers/rollout/policy.hpp"

#include <gmock/gmock.h>

namespace teal::test {
namespace {

using testing::HasSubstr;

RolloutRecord upgrade(const std::string& from, const std::string& to) {
  RolloutRecord record;
  record.active = Revision{};
  record.active->application.spec.version = from;
  record.target.application.spec.version = to;
  return record;
}

UpgradePolicy& policy(RolloutRecord& record) { return record.target.application.spec.upgrade_policy; }

TEST(Policy, WithoutRulesEverythingIsAllowed) {
  EXPECT_TRUE(upgrade_verdict(upgrade("1", "latest")).allowed);
  EXPECT_EQ(upgrade_verdict(upgrade("1", "2")).strategy, Strategy::BlueGreen);
}

TEST(Policy, FirstInstallationIsAlwaysAllowed) {
  auto record = upgrade("", "2025.3.1");
  record.active.reset();
  policy(record).train = 2;
  EXPECT_TRUE(upgrade_verdict(record).allowed);
}

TEST(Policy, WithinTheTrainNothingIsAsked) {
  auto record = upgrade("2018.1.11.318", "2018.1.11.400");
  policy(record).train = 3;
  EXPECT_TRUE(upgrade_verdict(record).allowed);
  record = upgrade("2025.2.0", "2025.2.1");
  policy(record).train = 2;
  EXPECT_TRUE(upgrade_verdict(record).allowed);
}

TEST(Policy, OutsideTheTrainIsBlockedUntilItsNotesWereRead) {
  auto record = upgrade("2025.2.1", "2025.3.0");
  policy(record).train = 2;
  const auto verdict = upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.why.reason, "UpgradeBlocked");
  EXPECT_THAT(verdict.why.message, HasSubstr("2025.2.1 → 2025.3.0"));
  EXPECT_THAT(verdict.why.message, HasSubstr("spec.upgradePolicy.acknowledged"));
  policy(record).acknowledged = "2025.2";
  EXPECT_FALSE(upgrade_verdict(record).allowed) << "the notes of another train";
  policy(record).acknowledged = "2025.3";
  EXPECT_TRUE(upgrade_verdict(record).allowed);
  EXPECT_EQ(upgrade_verdict(record).strategy, Strategy::BlueGreen);
}

TEST(Policy, FourPartVersionsDifferInTheThirdPart) {
  auto record = upgrade("2018.1.11.318", "2018.1.12.1");
  policy(record).train = 3;
  EXPECT_FALSE(upgrade_verdict(record).allowed);
  policy(record).train = 2;
  EXPECT_TRUE(upgrade_verdict(record).allowed);
}

TEST(Policy, OutsideTheTrainMayDemandDowntimeInstead) {
  auto record = upgrade("1.4", "2.0");
  policy(record).train = 1;
  policy(record).outside_train = OutsideTrain::Recreate;
  EXPECT_TRUE(upgrade_verdict(record).allowed);
  EXPECT_EQ(upgrade_verdict(record).strategy, Strategy::Recreate);
  policy(record).outside_train = OutsideTrain::BlueGreen;
  EXPECT_EQ(upgrade_verdict(record).strategy, Strategy::BlueGreen);
}

TEST(Policy, StopsMayNotBeJumpedOverAndTheNextOneIsNamed) {
  auto record = upgrade("2025.1.0", "2025.2.0");
  policy(record).stops = {"2025.1.9", "2025.1.5", "2024.9", "2025.2.0"};
  const auto verdict = upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.why.message, HasSubstr("set spec.version to 2025.1.5 first"));
  record.active->application.spec.version = "2025.1.9";
  EXPECT_TRUE(upgrade_verdict(record).allowed) << "neither the stop one stands on nor the goal is in between";
}

TEST(Policy, GoingBackwardsJumpsOverNoStop) {
  auto record = upgrade("2025.2.0", "2025.1.0");
  policy(record).stops = {"2025.1.9"};
  EXPECT_TRUE(upgrade_verdict(record).allowed);
}

TEST(Policy, VersionsThatCannotBeComparedAreBlockedWithTheText) {
  auto record = upgrade("nightly!", "2025.1.0");
  policy(record).train = 1;
  const auto verdict = upgrade_verdict(record);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.why.message, HasSubstr("nightly!"));
  record = upgrade("nightly!", "nightly!");
  policy(record).train = 1;
  EXPECT_TRUE(upgrade_verdict(record).allowed) << "the same version with other settings is no upgrade";
}

}  // namespace
}  // namespace teal::test
