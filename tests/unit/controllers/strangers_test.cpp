// Containers that bear an application's labels and are not its own.
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::vector<records::Event> told(Stage& stage) {
  std::vector<records::Event> events;
  for (const auto& stored : stage.store.all_events()) {
    if (stored.event.reason == spec::Reason::StrangeContainer) events.push_back(stored.event);
  }
  return events;
}

TEST(Strangers, ACopyIsToldOfOnceAndNeverTouched) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.engine.copy("teal-shop-api-r1-0", "somebodys-copy");
  stage.run(true, 5);
  ASSERT_EQ(told(stage).size(), 1u);
  EXPECT_EQ(told(stage)[0].object, "Container/somebodys-copy");
  EXPECT_EQ(told(stage)[0].application, "shop");
  EXPECT_TRUE(told(stage)[0].warning);
  EXPECT_THAT(told(stage)[0].message, HasSubstr("container somebodys-copy"));
  EXPECT_THAT(told(stage)[0].message, HasSubstr("is not called teal-shop-api-r1-0"));
  EXPECT_THAT(told(stage)[0].message, HasSubstr("whoever started it has to remove it (fake remove somebodys-copy)"));

  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  stage.run(true, 1);
  EXPECT_EQ(told(stage).size(), 1u) << "once";
  EXPECT_EQ(stage.view()->status.message, "3 of 3 replicas of version 2 are ready") << "it counts as nothing";
  ASSERT_EQ(stage.engine.strange().size(), 1u);
  EXPECT_EQ(stage.engine.strange()[0].second.seen.state, world::ContainerState::Running);
  EXPECT_EQ(stage.servers().size(), 2u);
}

TEST(Strangers, OneOfOursThatIsRenamedIsReplacedAndLeftAlone) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.engine.rename("teal-shop-api-r1-1", "renamed");
  ASSERT_TRUE(stage.run_until([&] {
    const auto running = stage.engine.running();
    return running.size() == 3 && !told(stage).empty();
  }));
  EXPECT_THAT(stage.engine.running(),
              UnorderedElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1", "teal-shop-worker-r1-0"));
  EXPECT_THAT(told(stage)[0].message, HasSubstr("container renamed"));
  EXPECT_EQ(stage.engine.strange()[0].second.seen.state, world::ContainerState::Running);
  EXPECT_EQ(told(stage).size(), 1u);
}

}  // namespace
}  // namespace teal::test
