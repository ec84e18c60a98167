// Containers that bear our labels and are not ours, asked of the fake, of a real dockerd and of its stand-in alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/engine_rigs.hpp"

namespace teal::test {
namespace {

class EngineStrangers : public testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override {
    rig_ = make_rig(GetParam());
    spec_.application = "shop";
    spec_.unit = "api";
    spec_.revision = 3;
    spec_.name = "teal-shop-api-r3-0";
    spec_.image_id = rig_->run(engine().image(rig_->image_reference()))->id;
    rig_->let(spec_, Does::IgnoresStop);
    id_ = rig_->run(engine().create(spec_)).value();
    ASSERT_TRUE(rig_->run(engine().start(id_)));
  }
  ports::Engine& engine() { return rig_->engine(); }
  std::vector<world::Container> list() { return rig_->run(engine().list("shop")).value(); }

  std::unique_ptr<EngineRig> rig_;
  ports::ContainerSpec spec_;
  std::string id_;
};

TEST_P(EngineStrangers, ARenamedContainerIsAStrangerAndIsLeftAlone) {
  EXPECT_TRUE(engine().strangers("shop").empty());
  rig_->rename(spec_.name, "renamed");
  EXPECT_TRUE(list().empty());
  const auto strangers = engine().strangers("shop");
  ASSERT_EQ(strangers.size(), 1u);
  EXPECT_EQ(strangers[0], (world::Stranger{id_, "renamed", spec_.name, strangers[0].command_to_remove}));
  EXPECT_THAT(strangers[0].command_to_remove, testing::HasSubstr("renamed")) << "a person is told how to remove it";
  EXPECT_TRUE(rig_->run(engine().stop(id_, "SIGKILL")));
  EXPECT_TRUE(rig_->run(engine().remove(id_)));
  EXPECT_EQ(rig_->run(engine().start(id_)).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(engine().logs(id_, 10)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(rig_->runs("renamed"));
  EXPECT_TRUE(rig_->run(engine().create(spec_))) << "its name is free again";
  EXPECT_EQ(list().size(), 1u);
  (void)rig_->run(engine().list(""));
}

TEST_P(EngineStrangers, ACopyIsAStrangerBesideTheOriginal) {
  rig_->copy(spec_.name, "copied");
  const auto ours = list();
  ASSERT_EQ(ours.size(), 1u);
  EXPECT_EQ(ours[0].id, id_);
  const auto strangers = engine().strangers("shop");
  ASSERT_EQ(strangers.size(), 1u);
  EXPECT_EQ(strangers[0].name, "copied");
  EXPECT_EQ(strangers[0].expected, spec_.name);
  EXPECT_TRUE(rig_->run(engine().remove(strangers[0].id)));
  EXPECT_TRUE(rig_->runs("copied"));
  (void)rig_->run(engine().list(""));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineStrangers, testing::ValuesIn(all_engines), engine_name);

}  // namespace
}  // namespace teal::test
