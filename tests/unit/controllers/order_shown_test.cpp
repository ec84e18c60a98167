// What somebody has asked for is shown before a pass has seen it.
#include <gtest/gtest.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

// `teal rollback APP && teal wait APP` must not be told that the rollout before is complete, and that is all.
TEST(OrderShown, ARollbackThatIsAskedForIsShownAtOnce) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  ASSERT_FALSE(stage.view()->rollout->orders.rollback);
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", {records::Verb::Rollback, std::nullopt, "ann"})));
  ASSERT_EQ(stage.view()->rollout->course.target.number, 2) << "no pass has been there";
  EXPECT_TRUE(stage.view()->rollout->orders.rollback);
}

}  // namespace
}  // namespace teal::test
