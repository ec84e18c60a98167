// What an engine keeps of its containers by its events, when these come late, twice, out of order or not at all; asked
// of the fake, of a real dockerd and of its stand-in alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/conformance/engine_rigs.hpp"

namespace teal::test {
namespace {

class KeptContainers : public testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override {
    rig_ = make_rig(GetParam());
    image_ = rig_->run(engine().image(rig_->image_reference()))->id;
    rig_->follow();
    EXPECT_TRUE(engine().keeps());
    EXPECT_TRUE(kept().empty());
  }

  ports::Engine& engine() { return rig_->engine(); }
  std::string create(int index, Does what) {
    ports::ContainerSpec spec;
    spec.application = "shop";
    spec.unit = "api";
    spec.revision = 4;
    spec.index = index;
    spec.name = name(index);
    spec.image_id = image_;
    rig_->let(spec, what);
    const auto id = rig_->run(engine().create(std::move(spec)));
    EXPECT_TRUE(id) << id.error().message;
    return id ? *id : "";
  }
  std::string start(int index, Does what) {
    auto id = create(index, what);
    EXPECT_TRUE(rig_->run(engine().start(id)));
    return id;
  }
  static std::string name(int index) { return spec::container_name("shop", "api", 4, index); }
  std::vector<world::Container> kept() {
    const auto kept = rig_->run(engine().kept("shop"));
    EXPECT_TRUE(kept) << kept.error().message;
    return kept ? *kept : std::vector<world::Container>{};
  }
  std::vector<world::Container> listed() { return rig_->run(engine().list("shop")).value(); }
  void wait_for_the_end(int index) {
    for (int i = 0; i < 3000 && rig_->runs(name(index)); ++i) rig_->pass();
    ASSERT_FALSE(rig_->runs(name(index)));
  }

  std::unique_ptr<EngineRig> rig_;
  std::string image_;
};

TEST_P(KeptContainers, AreNotAskedForWhileNothingChanges) {
  start(0, Does::RunsUntilStopped);
  start(1, Does::RunsUntilStopped);
  ASSERT_EQ(kept().size(), 2U);
  const auto before = rig_->requests();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(kept().size(), 2U);
  EXPECT_EQ(rig_->requests(), before);
}

TEST_P(KeptContainers, FollowOurOwnChangesBeforeAnyEvent) {
  const auto id = create(0, Does::IgnoresStop);
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(kept().at(0).state, world::ContainerState::Created);
  ASSERT_TRUE(rig_->run(engine().start(id)));
  EXPECT_EQ(kept().at(0).state, world::ContainerState::Running);
  ASSERT_TRUE(rig_->run(engine().stop(id, "SIGTERM")));
  EXPECT_TRUE(kept().at(0).signalled_at);
  ASSERT_TRUE(rig_->run(engine().remove(id)));
  EXPECT_TRUE(kept().empty());
}

TEST_P(KeptContainers, TellOfAnEndWithItsExitCodeOnceAnEventHas) {
  start(0, Does::PrintsAndExits3);
  ASSERT_EQ(kept().size(), 1U);
  wait_for_the_end(0);
  rig_->tell(Told::InOrder, {name(0)});
  const auto seen = kept();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].state, world::ContainerState::Exited);
  EXPECT_EQ(seen[0].exit_code, 3);
  EXPECT_TRUE(seen[0].exit_witnessed);
}

// Whoever is about to act looks by `list`, and what that has found is kept from then on.
TEST_P(KeptContainers, AreReadAnewByAListThoughTheEventIsLost) {
  start(0, Does::PrintsAndExits3);
  ASSERT_EQ(kept().size(), 1U);
  wait_for_the_end(0);
  const auto seen = listed();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].exit_code, 3);
  EXPECT_TRUE(seen[0].exit_witnessed);
  EXPECT_EQ(kept(), seen);
}

TEST_P(KeptContainers, AreTheSameWhenEventsComeTwiceOrBackwards) {
  for (const auto how : {Told::Twice, Told::Backwards}) {
    start(0, Does::PrintsAndExits3);
    const auto gone = start(1, Does::RunsUntilStopped);
    start(2, Does::RunsUntilStopped);
    ASSERT_EQ(kept().size(), 3U);
    wait_for_the_end(0);
    ASSERT_TRUE(rig_->run(engine().remove(gone)));
    rig_->tell(how, {name(0), name(1), name(2)});
    const auto seen = kept();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].exit_code, 3);
    EXPECT_EQ(seen[1].state, world::ContainerState::Running);
    EXPECT_EQ(listed(), seen);
    for (const auto& one : seen) ASSERT_TRUE(rig_->run(engine().remove(one.id)));
  }
}

TEST_P(KeptContainers, AreNoLongerOursOnceAnEventTellsOfAnotherName) {
  const auto id = start(0, Does::RunsUntilStopped);
  ASSERT_EQ(kept().size(), 1U);
  rig_->rename(name(0), "another");
  rig_->tell(Told::InOrder, {name(0)});
  EXPECT_TRUE(kept().empty());
  ASSERT_EQ(engine().strangers("shop").size(), 1U);
  EXPECT_EQ(engine().strangers("shop")[0].id, id);
}

// As after a create whose answer was lost, and its event with it.
TEST_P(KeptContainers, ANameThatIsTakenLeadsToAnotherLook) {
  ports::ContainerSpec spec;
  spec.application = "shop";
  spec.unit = "api";
  spec.revision = 4;
  spec.name = name(0);
  spec.image_id = image_;
  rig_->let(spec, Does::RunsUntilStopped);
  const auto first = rig_->run(engine().create(spec));
  ASSERT_TRUE(first);
  rig_->follow();  // nothing is known any more
  EXPECT_EQ(rig_->run(engine().create(spec)).error().code, ErrorCode::conflict);
  ASSERT_EQ(kept().size(), 1U);
  EXPECT_EQ(kept().at(0).id, *first);
}

INSTANTIATE_TEST_SUITE_P(Engines, KeptContainers, testing::ValuesIn(all_engines), engine_name);

}  // namespace
}  // namespace teal::test
