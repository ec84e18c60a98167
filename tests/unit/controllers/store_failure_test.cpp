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

}  // namespace
}  // namespace teal::test
