// Between rollouts the engine is not asked, and what its driver has kept is no ground for doing anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

class KeptByEvents : public testing::Test {
 protected:
  KeptByEvents() {
    stage.engine.keep_by_events();
    stage.engine.script([](const ports::ContainerSpec& container) {
      FakeEngine::Behaviour behaviour;
      if (container.role == world::Role::Migrate) behaviour.runs_for = 300ms;
      behaviour.stops_after = 100ms;
      return behaviour;
    });
    // Each event comes, a little late.
    stage.on_time = [this] {
      if (!hears) return;
      for (const auto& [name, stored] : stage.engine.containers()) stage.engine.tell(name);
    };
    stage.start_teald();
    stage.apply();
  }
  void pass(int times) {
    for (int i = 0; i < times; ++i) stage.run(true, 1);
  }

  bool hears = true;
  Stage stage;
};

TEST_F(KeptByEvents, TheEngineIsNotAskedWhileNothingChanges) {
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  pass(20);
  const auto before = stage.engine.calls("list");
  const auto passes = stage.passes;
  pass(50);
  EXPECT_GT(stage.passes, passes);
  EXPECT_EQ(stage.engine.calls("list"), before);
}

TEST_F(KeptByEvents, WhatHasEndedUnheardIsNotStopped) {
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  pass(20);
  hears = false;
  stage.engine.end("teal-shop-api-r1-1", 1);
  const auto signals = stage.engine.calls("signal");
  stage.application.spec.components[0].replicas = 1;
  stage.apply();
  pass(300);
  EXPECT_EQ(stage.engine.calls("signal"), signals);
  EXPECT_FALSE(stage.engine.containers().contains("teal-shop-api-r1-1"));
  EXPECT_TRUE(stage.engine.containers().contains("teal-shop-api-r1-0"));
}

}  // namespace
}  // namespace teal::test
