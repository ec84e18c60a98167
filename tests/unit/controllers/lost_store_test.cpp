// A store is lost, and with it the owner's id that what serves bears.
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> told(Stage& stage, spec::Reason reason) {
  std::vector<std::string> messages;
  for (const auto& stored : stage.store.all_events()) {
    if (stored.event.reason == reason) messages.push_back(stored.event.message);
  }
  return messages;
}

void install(Stage& stage) {
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
}

void lose_store(Stage& stage) {
  stage.store = FakeStore{};
  stage.engine.give_all_to("lost-owner");
  stage.fewest_up = 1000;
  stage.start_teald();
}

TEST(LostStore, TakesTheIdAgainThatWhatServesBears) {
  Stage stage;
  install(stage);
  const auto before = stage.engine.running();
  lose_store(stage);
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(*stage.wait(stage.store.owner()), "lost-owner");
  EXPECT_EQ(stage.engine.running(), before);
  EXPECT_EQ(stage.fewest_up, 2);
  const auto adopted = told(stage, spec::Reason::Adopted);
  ASSERT_EQ(adopted.size(), 2u);
  EXPECT_THAT(adopted[0], HasSubstr("bears the labels of owner lost-owner"));
  EXPECT_THAT(adopted[1], HasSubstr("revision 1 (version 1"));
  EXPECT_EQ(stage.store.newest("shop")->course.target.number, 1);
}

TEST(LostStore, RollsOutAnotherVersionBesideWhatServes) {
  Stage stage;
  install(stage);
  lose_store(stage);
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  stage.run(true, 5);
  EXPECT_GE(stage.fewest_up, 2);
  EXPECT_THAT(stage.engine.running(), ElementsAre("teal-shop-api-r2-0", "teal-shop-api-r2-1", "teal-shop-worker-r2-0"));
}

TEST(LostStore, AnotherTealdThatRunsIsLeftAlone) {
  Stage stage;
  install(stage);
  stage.owners_alive = {"lost-owner"};
  lose_store(stage);
  stage.application.spec.version = "2";
  stage.apply();
  EXPECT_FALSE(stage.run(false, 50));
  EXPECT_EQ(stage.servers().size(), 2u) << "its servers stay";
  EXPECT_EQ(stage.fewest_up, 2);
  EXPECT_EQ(stage.store.newest("shop"), nullptr);
  ASSERT_EQ(told(stage, spec::Reason::OwnedByAnother).size(), 1u);
  EXPECT_THAT(told(stage, spec::Reason::OwnedByAnother)[0],
              HasSubstr("belongs to another teald (label teal.owner=lost-owner)"));
  EXPECT_THAT(told(stage, spec::Reason::Adopted), IsEmpty());
}

}  // namespace
}  // namespace teal::test
