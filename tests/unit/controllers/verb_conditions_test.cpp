// Verbs that the rollout allows and the spec in force does not, asked for as the API does.
#include "controllers/rollout/verb_conditions.hpp"

#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class VerbConditions : public testing::Test {
 protected:
  // Version 1 serves, version 2 was rolled back.
  void SetUp() override {
    stage.start_teald();
    stage.apply();
    ASSERT_TRUE(stage.run());
    stage.sick_images.insert("id-shop:2");
    stage.application.spec.version = "2";
    stage.apply();
    ASSERT_TRUE(run_to(2, spec::Phase::RolledBack));
  }

  bool run_to(int revision, spec::Phase phase) {
    return stage.run_until([&] {
      const auto seen = stage.view();
      return seen && seen->rollout && seen->rollout->course.target.number == revision &&
             seen->rollout->standing.phase == phase;
    });
  }

  void apply() {
    stage.apply();
    stage.run(true, 1);
  }

  // What is wrong with it; "accepted": nothing.
  std::string ask(records::Verb verb, std::optional<int> to = std::nullopt) {
    stage.gate.attend(false);
    const auto done = stage.wait(stage.teald().request("shop", {verb, to, "ann"}));
    stage.gate.attend(true);
    return done ? "accepted" : done.error().message;
  }

  Stage stage;
};

TEST_F(VerbConditions, RetryOfASuspendedApplicationIsRefusedAndLeavesNothingBehind) {
  stage.application.spec.version = "1";
  stage.application.spec.suspend = true;
  apply();
  EXPECT_EQ(ask(records::Verb::Retry), "spec.suspend is true: nothing starts before it is false");
  EXPECT_FALSE(stage.view()->rollout->orders.retry);
  EXPECT_THAT(ask(records::Verb::Rollback), HasSubstr("spec.suspend is true")) << "and no retry is about to begin";
  stage.application.spec.version = "2";
  apply();
  EXPECT_EQ(ask(records::Verb::Retry), "spec.suspend is true: nothing starts before it is false");
  EXPECT_EQ(stage.view()->status.phase, "Suspended");
}

TEST_F(VerbConditions, RetryIsRefusedWhenTheSpecAsksForWhatRuns) {
  stage.application.spec.version = "1";
  apply();
  EXPECT_THAT(ask(records::Verb::Retry),
              HasSubstr("nothing is left to roll out, since the spec in force asks for what runs, 1"));
  EXPECT_THAT(ask(records::Verb::Rollback), Not(HasSubstr("about to begin")));
  stage.run(true, 5);
  EXPECT_EQ(stage.view()->rollout->course.target.number, 2);
}

TEST_F(VerbConditions, RetryOfWhatWasRolledBackTriesItAgain) {
  stage.sick_images.clear();
  EXPECT_EQ(ask(records::Verb::Retry), "accepted");
  EXPECT_TRUE(run_to(3, spec::Phase::Complete));
}

TEST_F(VerbConditions, RetryOfARollbackThatFailedGoesBackAgainThoughTheSpecAsksForWhatRuns) {
  stage.application.spec.version = "3";
  stage.apply();
  ASSERT_TRUE(run_to(3, spec::Phase::Complete));
  stage.sick_images = {"id-shop:1"};
  ASSERT_EQ(ask(records::Verb::Rollback, 1), "accepted");
  ASSERT_TRUE(run_to(4, spec::Phase::Failed));
  stage.sick_images.clear();
  EXPECT_EQ(ask(records::Verb::Retry), "accepted");
  EXPECT_TRUE(run_to(5, spec::Phase::Complete));
  EXPECT_EQ(stage.view()->status.active_version, "1");
}

TEST_F(VerbConditions, RetryOfWhatIsOnlyPausedNamesResume) {
  stage.application.spec.version = "3";
  stage.apply();
  ASSERT_TRUE(run_to(3, spec::Phase::Starting));
  ASSERT_EQ(ask(records::Verb::Pause), "accepted");
  EXPECT_THAT(ask(records::Verb::Retry), HasSubstr("it is paused and has not failed: teal resume shop lets it go on"));
  stage.run(true, 1);
  EXPECT_TRUE(stage.view()->rollout->orders.paused);
}

TEST_F(VerbConditions, NothingAppliesToAnApplicationThatIsBeingDeleted) {
  records::ApplicationRecord desired;
  desired.application.name = "shop";
  desired.deleting = true;
  for (const auto verb : {records::Verb::Approve, records::Verb::Pause, records::Verb::Resume, records::Verb::Abort,
                          records::Verb::Retry}) {
    const auto allowed = rollout::check_verb(desired, *stage.view()->rollout, {verb, std::nullopt, "ann"});
    ASSERT_FALSE(allowed);
    EXPECT_EQ(allowed.error().message, "application shop is being deleted");
  }
}

}  // namespace
}  // namespace teal::test
