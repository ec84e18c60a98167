#include "cli/wait_goal.hpp"

#include <gtest/gtest.h>

namespace teal::cli {
namespace {

using Kind = Verdict::Kind;

ApplicationView application(std::string phase = "Progressing") {
  ApplicationView view;
  view.name = "shop";
  view.generation = 4;
  view.observed_generation = 4;
  view.phase = std::move(phase);
  view.rollout = "shop-7";
  view.active_version = "1.1";
  return view;
}

RolloutView rollout(std::string phase) {
  RolloutView view;
  view.name = "shop-7";
  view.phase = std::move(phase);
  view.generation = 4;
  view.to_version = "1.1";
  view.message = "because";
  return view;
}

Kind verdict(std::string_view goal, const ApplicationView& app, std::optional<RolloutView> latest) {
  return judge(*goal_named(goal), app, latest).kind;
}

TEST(WaitGoal, KnowsEveryNameItOffers) {
  for (const auto name : goal_names()) EXPECT_TRUE(goal_named(name)) << name;
  for (const auto* name : {"", "complete", "Done", "condition=", "condition==True", "condition=Ready=yes"}) {
    EXPECT_FALSE(goal_named(name)) << name;
  }
}

TEST(WaitGoal, CompleteIsReachedByTheLatestRolloutOfTheCurrentGeneration) {
  EXPECT_EQ(verdict("Complete", application("Healthy"), rollout("Complete")), Kind::Reached);
  EXPECT_EQ(verdict("Complete", application(), rollout("Starting")), Kind::NotYet);
  EXPECT_EQ(verdict("Complete", application(), std::nullopt), Kind::NotYet);
  auto unseen = application("Healthy");
  unseen.generation = 5;
  EXPECT_EQ(verdict("Complete", unseen, rollout("Complete")), Kind::NotYet) << "teald has not looked at it yet";
}

TEST(WaitGoal, WhatIsToBeFollowedByARetryOrRollbackIsNotTheEnd) {
  auto ended = rollout("Complete");
  ended.followed_by = "rollback";
  EXPECT_EQ(verdict("Complete", application("Healthy"), ended), Kind::NotYet);
  ended.phase = "RolledBack";
  ended.followed_by = "retry";
  EXPECT_EQ(verdict("Complete", application("Degraded"), ended), Kind::NotYet);
  ended.generation = 3;
  EXPECT_EQ(verdict("Complete", application("Degraded"), ended), Kind::NotYet) << "of an older spec, whatever it says";
}

TEST(WaitGoal, AStopOnTheWayIsNotTheGoal) {
  auto stop = rollout("Complete");
  stop.to_version = "1.0.5";
  stop.final_version = "1.1";
  EXPECT_EQ(verdict("Complete", application(), stop), Kind::NotYet);
  auto goal = *goal_named("Complete");
  goal.to_version = "1.1";
  EXPECT_EQ(judge(goal, application(), stop).kind, Kind::NotYet);
  stop.phase = "RolledBack";
  EXPECT_EQ(judge(goal, application(), stop).kind, Kind::Lost);
  goal.to_version = "1.0.5";
  stop.phase = "Complete";
  EXPECT_EQ(judge(goal, application(), stop).kind, Kind::Reached) << "that one is what was asked for";
}

TEST(WaitGoal, CompleteIsLostWithTheReasonWhenTheRolloutEndsOtherwise) {
  for (const auto* phase : {"RolledBack", "Failed"}) {
    const auto lost = judge(*goal_named("Complete"), application("Degraded"), rollout(phase));
    EXPECT_EQ(lost.kind, Kind::Lost);
    EXPECT_EQ(lost.message, std::string{"shop-7 "} + phase + ": because");
  }
  EXPECT_EQ(verdict("Complete", application(), rollout("RollingBack")), Kind::NotYet);
  EXPECT_EQ(verdict("Complete", application(), rollout("Superseded")), Kind::Stuck);
}

TEST(WaitGoal, AChangeWithoutARolloutSettles) {
  auto scaled = application("Healthy");
  auto older = rollout("Complete");
  older.generation = 3;
  EXPECT_EQ(verdict("Complete", scaled, older), Kind::Settled);
  scaled.phase = "Progressing";
  EXPECT_EQ(verdict("Complete", scaled, older), Kind::NotYet);
  older.phase = "RolledBack";
  EXPECT_EQ(verdict("Complete", scaled, older), Kind::NotYet) << "of an older generation: not ours";
}

TEST(WaitGoal, ASpecThatWentBackToWhatRunsSettles) {
  for (const auto* phase : {"RolledBack", "Superseded"}) {
    EXPECT_EQ(verdict("Complete", application("Healthy"), rollout(phase)), Kind::Settled) << phase;
  }
}

TEST(WaitGoal, ARollbackThatFailedIsLostThoughWhatServesIsHealthy) {
  for (const auto* phase : {"Failed", "RolledBack"}) {
    auto latest = rollout(phase);
    latest.rollback = objects::RollbackStatus{3, "ann", ""};
    const auto lost = judge(*goal_named("Complete"), application("Healthy"), latest);
    EXPECT_EQ(lost.kind, Kind::Lost) << phase;
    EXPECT_EQ(lost.message, std::string{"shop-7 "} + phase + ": because");
  }
  auto passed_over = rollout("Superseded");
  passed_over.rollback = objects::RollbackStatus{3, "ann", ""};
  EXPECT_EQ(verdict("Complete", application("Healthy"), passed_over), Kind::Settled)
      << "the spec in force is what runs";
}

TEST(WaitGoal, NamesTheFirstCauseOfARollback) {
  auto latest = rollout("RolledBack");
  latest.failure = "api replica 0: 503: no database";
  EXPECT_EQ(judge(*goal_named("Complete"), application("Degraded"), latest).message,
            "shop-7 RolledBack: because: api replica 0: 503: no database");
  latest.message = "rolled back: api replica 0: 503: no database";
  EXPECT_EQ(judge(*goal_named("Complete"), application("Degraded"), latest).message,
            "shop-7 RolledBack: " + latest.message);
}

TEST(WaitGoal, ABrokenManifestIsNoSuccess) {
  auto broken = application("Healthy");
  broken.conditions.push_back({"ManifestAccepted", "False", spec::Reason::ManifestRefused, "shop.yaml:3:1: no"});
  const auto stuck = judge(*goal_named("Complete"), broken, rollout("Complete"));
  EXPECT_EQ(stuck.kind, Kind::Stuck);
  EXPECT_NE(stuck.message.find("shop.yaml:3:1: no"), std::string::npos);
  EXPECT_EQ(verdict("Healthy", broken, rollout("Complete")), Kind::Reached) << "the last good spec is healthy";
}

TEST(WaitGoal, APhaseThatWasPassedCounts) {
  auto latest = rollout("Starting");
  latest.phases = {{"Pending", {}, {}}, {"Migrating", {}, {}}, {"Starting", {}, {}}};
  EXPECT_EQ(verdict("Migrating", application(), latest), Kind::Reached);
  EXPECT_EQ(verdict("Verifying", application(), latest), Kind::NotYet);
  EXPECT_EQ(verdict("Verifying", application(), rollout("RolledBack")), Kind::Lost);
  EXPECT_EQ(verdict("Verifying", application(), rollout("Complete")), Kind::Reached) << "skipped for want of work";
  EXPECT_EQ(verdict("RolledBack", application(), rollout("RolledBack")), Kind::Reached);
  EXPECT_EQ(verdict("RolledBack", application(), rollout("Complete")), Kind::Lost);
}

TEST(WaitGoal, ToVersionSkipsTheRolloutBefore) {
  auto goal = *goal_named("Complete");
  goal.to_version = "1.2";
  EXPECT_EQ(judge(goal, application("Healthy"), rollout("Complete")).kind, Kind::NotYet);
  EXPECT_EQ(judge(goal, application("Healthy"), rollout("RolledBack")).kind, Kind::NotYet);
  goal.to_version = "1.1";
  EXPECT_EQ(judge(goal, application("Healthy"), rollout("Complete")).kind, Kind::Reached);
}

TEST(WaitGoal, ApplicationPhasesAndConditions) {
  EXPECT_EQ(verdict("Healthy", application("Healthy"), rollout("RolledBack")), Kind::Reached);
  EXPECT_EQ(verdict("Healthy", application("Degraded"), rollout("RolledBack")), Kind::Lost);
  EXPECT_EQ(verdict("AwaitingApproval", application("AwaitingApproval"), rollout("AwaitingApproval")), Kind::Reached);
  auto ready = application();
  ready.conditions.push_back({"Ready", "True", {}, ""});
  EXPECT_EQ(verdict("condition=Ready", ready, std::nullopt), Kind::Reached);
  EXPECT_EQ(verdict("condition=Ready=False", ready, std::nullopt), Kind::NotYet);
  EXPECT_EQ(verdict("condition=Drained", ready, std::nullopt), Kind::NotYet);
  EXPECT_EQ(verdict("Deleted", ready, std::nullopt), Kind::NotYet);
}

}  // namespace
}  // namespace teal::cli
