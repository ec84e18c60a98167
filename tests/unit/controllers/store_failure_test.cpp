// A store that takes nothing: what is wanted cannot be taken over, and the status says so.
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

TEST(StoreFailure, OfANewVersionIsInTheStatusUntilItIsTakenOver) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  auto next = stage.application;
  next.spec.version = "2";
  stage.store.inject(FakeStore::Fault::Fail, 1, "put");
  const auto refused = stage.wait(stage.teald().apply(next, "test", false));
  ASSERT_FALSE(refused);
  EXPECT_THAT(stage.view()->status.message, testing::HasSubstr("store"));
  EXPECT_EQ(stage.view()->status.active_version, "1") << "it serves on";
  stage.application = next;
  stage.apply();
  EXPECT_TRUE(stage.run());
  EXPECT_EQ(stage.view()->status.active_version, "2");
}

// Simulation seed 944: `retry` was on record, teald went on as if it were not, and nobody could ask for it again.
TEST(StoreFailure, VerbWhoseAnswerIsLostIsInForce) {
  Stage stage;
  stage.start_teald();
  stage.application.spec.rollout.on_failure = spec::OnFailure::Pause;
  stage.sick_images.insert("id-shop:1");
  stage.apply();
  ASSERT_TRUE(
      stage.run_until([&] { return stage.view() && stage.view()->rollout && stage.view()->rollout->orders.paused; }));
  stage.sick_images.clear();
  stage.store.inject(FakeStore::Fault::LoseAnswer, 1, "commit");
  EXPECT_FALSE(stage.wait(stage.teald().request("shop", {records::Verb::Retry, std::nullopt, "ann"})));
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
}

// Nor is a verb in between refused for what is not so any more.
TEST(StoreFailure, VerbAfterOneWhoseAnswerWasLostMeetsWhatIsOnRecord) {
  Stage stage;
  stage.start_teald();
  stage.sick_images.insert("id-shop:1");
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] {
    const auto view = stage.view();
    return view && view->rollout && view->rollout->standing.phase == spec::Phase::Starting;
  }));
  stage.store.inject(FakeStore::Fault::LoseAnswer, 1, "commit");
  ASSERT_FALSE(stage.wait(stage.teald().request("shop", {records::Verb::Pause, std::nullopt, "ann"})));
  EXPECT_TRUE(stage.wait(stage.teald().request("shop", {records::Verb::Resume, std::nullopt, "ann"})));
}

// Simulation seed 59: it was in the store, and in force only once it was saved again.
TEST(StoreFailure, SpecWhoseWriteWasReportedAsFailedIsInForceAllTheSame) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.store.inject(FakeStore::Fault::LoseAnswer, 1, "put");
  EXPECT_FALSE(stage.wait(stage.teald().apply(stage.application, "test", false)));
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_EQ(stage.view()->status.active_version, "2");
}

TEST(StoreFailure, ApplicationWhoseFirstWriteWasReportedAsFailedIsInstalled) {
  Stage stage;
  stage.start_teald();
  stage.store.inject(FakeStore::Fault::LoseAnswer, 1, "put");
  stage.store.inject(FakeStore::Fault::Fail, 1, "applications");
  EXPECT_FALSE(stage.wait(stage.teald().apply(stage.application, "test", false)));
  EXPECT_TRUE(stage.run_until([&] { return stage.view() && stage.view()->status.active_version == "1"; }));
}

TEST(StoreFailure, SpecThatWasNotWrittenIsNotInForce) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  auto next = stage.application;
  next.spec.version = "2";
  stage.store.inject(FakeStore::Fault::Fail, 1, "put");
  EXPECT_FALSE(stage.wait(stage.teald().apply(next, "test", false)));
  for (int i = 0; i < 50; ++i) stage.run(true, 1);
  EXPECT_EQ(stage.view()->status.active_version, "1");
  EXPECT_EQ(stage.view()->record.generation, 1);
}

}  // namespace
}  // namespace teal::test
