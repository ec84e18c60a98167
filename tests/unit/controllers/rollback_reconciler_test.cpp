// `teal rollback` through the real passes, interrupted at every single call they make of the outside.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

Result<void> roll_back(Stage& stage, std::optional<int> to = std::nullopt) {
  stage.gate.attend(false);
  auto done = stage.wait(stage.teald().request("shop", {records::Verb::Rollback, to, "ann"}));
  stage.gate.attend(true);
  return done;
}

bool run_to(Stage& stage, int revision, spec::Phase phase) {
  for (int i = 0; i < 3000; ++i) {
    stage.run(true, 1);
    const auto seen = stage.view();
    if (seen && seen->rollout && seen->rollout->course.target.number == revision &&
        seen->rollout->standing.phase == phase)
      return true;
  }
  return false;
}

void install_two_versions(Stage& stage) {
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.fewest_up = 1000;
}

void expect_back(Stage& stage) {
  EXPECT_THAT(stage.engine.running(),
              UnorderedElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1", "teal-shop-worker-r3-0"));
  EXPECT_EQ(stage.servers().size(), 2u);
  EXPECT_GE(stage.fewest_up, 2);
  EXPECT_THAT(stage.migrations_started,
              UnorderedElementsAre(Pair("default of id-shop:1", 1), Pair("default of id-shop:2", 1)));
  EXPECT_FALSE(stage.started_twice);
}

int go_back(Stage& stage, Gate::Mode mode, int nth) {
  install_two_versions(stage);
  const int before = stage.gate.calls();
  stage.gate.disturb(mode, nth);
  EXPECT_TRUE(roll_back(stage));
  EXPECT_TRUE(run_to(stage, 3, spec::Phase::Complete)) << stage.view()->status.message;
  return stage.gate.calls() - before;
}

TEST(RollbackOfRollouts, SurvivesADeathAtEveryCall) {
  Stage quiet;
  const int calls = go_back(quiet, Gate::Mode::Open, 0);
  expect_back(quiet);
  const auto status = quiet.view()->status;
  EXPECT_EQ(status.phase, "Healthy") << "it runs what somebody asked for";
  EXPECT_THAT(status.message, HasSubstr("the spec in force says 2, but ann rolled back to 1 (as in revision 1)"));
  EXPECT_THAT(status.message, HasSubstr("the schema stays"));
  EXPECT_THAT(status.message, HasSubstr("teal retry shop"));
  const auto plan = quiet.wait(quiet.teald().plan("shop", std::nullopt, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, Contains(HasSubstr("it is not tried again by itself")));
  EXPECT_THAT(plan->findings, Contains(HasSubstr("migrations are never undone")));
  for (const auto mode : {Gate::Mode::DieBefore, Gate::Mode::DieAfter}) {
    for (int nth = 1; nth <= calls; ++nth) {
      Stage stage;
      go_back(stage, mode, nth);
      EXPECT_EQ(stage.gate.met(), 1u);
      expect_back(stage);
      if (testing::Test::HasFailure()) FAIL() << fmt::format("call {} of {}, {}", nth, calls, stage.gate.what());
    }
  }
}

int go_back_at_once(Stage& stage, Gate::Mode mode, int nth) {
  stage.application.spec.rollout.keep_old = 10min;
  stage.start_teald();
  stage.apply();
  EXPECT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  EXPECT_TRUE(run_to(stage, 2, spec::Phase::Retiring));
  stage.fewest_up = 1000;
  const int before = stage.gate.calls();
  stage.gate.disturb(mode, nth);
  const auto begun = stage.clock.time;
  EXPECT_TRUE(roll_back(stage));
  EXPECT_TRUE(run_to(stage, 2, spec::Phase::RolledBack)) << stage.view()->status.message;
  EXPECT_LT(stage.clock.time - begun, 30s);
  return stage.gate.calls() - before;
}

TEST(RollbackOfRollouts, KeptReplicasTakeOverWithoutANewOneOverADeathAtEveryCall) {
  Stage quiet;
  const int calls = go_back_at_once(quiet, Gate::Mode::Open, 0);
  for (const auto mode : {Gate::Mode::DieAfter, Gate::Mode::LoseAnswer}) {
    for (int nth = 1; nth <= calls; ++nth) {
      Stage stage;
      go_back_at_once(stage, mode, nth);
      EXPECT_EQ(stage.gate.met(), 1u);
      EXPECT_THAT(stage.engine.running(),
                  UnorderedElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1", "teal-shop-worker-r1-0"));
      for (const auto& [name, stored] : stage.engine.containers()) EXPECT_EQ(stored.starts, 1) << name;
      EXPECT_EQ(stage.servers().size(), 2u);
      EXPECT_GE(stage.fewest_up, 2);
      if (testing::Test::HasFailure()) FAIL() << fmt::format("call {} of {}, {}", nth, calls, stage.gate.what());
    }
  }
}

TEST(RollbackOfRollouts, ImageThatIsGoneIsSaidAtOnce) {
  Stage stage;
  install_two_versions(stage);
  stage.engine.remove_image("shop:1");
  const auto refused = roll_back(stage, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("the image of revision 1 (shop:1, id-shop:1) is not on the engine"));
  EXPECT_EQ(stage.view()->rollout->course.target.number, 2);
}

TEST(RollbackOfRollouts, ImageThatTheRegistryHasIsPulledByItsDigest) {
  Stage stage;
  stage.engine.add_remote_image("shop:1", {"id-shop:1", "sha256:d1"});
  stage.engine.add_remote_image("shop@sha256:d1", {"id-shop:1", "sha256:d1"});
  install_two_versions(stage);
  stage.engine.remove_image("shop:1");
  stage.engine.add_remote_image("shop:1", {"id-other", "sha256:another"});  // the tag was moved meanwhile
  ASSERT_TRUE(roll_back(stage));
  ASSERT_TRUE(run_to(stage, 3, spec::Phase::Complete)) << stage.view()->status.message;
  EXPECT_EQ(stage.view()->rollout->course.target.image_id, "id-shop:1");
  EXPECT_EQ(stage.view()->rollout->course.target.image_digest, "sha256:d1");
}

TEST(RollbackOfRollouts, UnknownRevisionIsNotFound) {
  Stage stage;
  install_two_versions(stage);
  const auto refused = roll_back(stage, 17);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_THAT(refused.error().message, HasSubstr("it can go back to revision 1 (1)"));
}

}  // namespace
}  // namespace teal::test
