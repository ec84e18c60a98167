// What the engine cannot remove holds nothing up: it is told, tried on, and the next version gets its turn.
#include <gmock/gmock.h>

#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/status/make_status.hpp"
#include "tests/unit/controllers/stage.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int for_ever = 1'000'000;

World upgrading_with(const std::string& failing, const std::function<void(spec::ApplicationSpec&)>& change = {}) {
  auto world = upgrading(change);
  world.failing_actions[failing] = for_ever;
  world.failing_code = ErrorCode::internal;
  return world;
}

void expect_complete(World& world, const std::string& version) {
  EXPECT_EQ(world.phase(), spec::Phase::Complete) << world.why.message;
  ASSERT_TRUE(world.record->course.active);
  EXPECT_EQ(world.record->course.active->application.spec.version, version);
  EXPECT_EQ(world.up(), 2);
}

std::vector<std::string> conditions(World& world) {
  const auto status = status::make_status(world.desired, world.record, world.observe(), world.why, {}, world.now);
  std::vector<std::string> types;
  for (const auto& one : status.conditions) types.push_back(one.type + ": " + one.message);
  EXPECT_EQ(status.phase, "Healthy");
  return types;
}

TEST(LeftBehind, AnOldContainerThatCannotBeRemovedIsAWarningAndIsTriedOn) {
  auto world = upgrading_with("remove teal-shop-api-r1-0");
  world.settle();
  expect_complete(world, "2");
  ASSERT_NE(world.find("teal-shop-api-r1-0"), nullptr);
  EXPECT_TRUE(world.has_event("LeftBehind"));
  EXPECT_THAT(conditions(world), Contains(AllOf(HasSubstr("LeftBehind: "), HasSubstr("teal-shop-api-r1-0: "),
                                                HasSubstr("scripted failure"))));
  const auto tries = std::ranges::count(world.performed, "remove teal-shop-api-r1-0");
  world.settle(1min);
  EXPECT_GT(std::ranges::count(world.performed, "remove teal-shop-api-r1-0"), tries);
  EXPECT_LT(std::ranges::count(world.performed, "remove teal-shop-api-r1-0"), tries + 30) << "not in a hurry";
  world.failing_actions.clear();
  world.settle();
  EXPECT_EQ(world.find("teal-shop-api-r1-0"), nullptr);
  EXPECT_THAT(conditions(world), Not(Contains(HasSubstr("LeftBehind"))));
}

TEST(LeftBehind, NewerVersionsAreNotHeldUp) {
  const auto never_together = [](spec::ApplicationSpec& spec) {
    for (auto& component : spec.components) component.replace = spec::Replace::StopFirst;
  };
  const auto recreate = [](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; };
  for (const std::function<void(spec::ApplicationSpec&)>& edit :
       {std::function<void(spec::ApplicationSpec&)>{}, std::function<void(spec::ApplicationSpec&)>{never_together},
        std::function<void(spec::ApplicationSpec&)>{recreate}}) {
    auto world = upgrading_with("remove teal-shop-", edit);
    world.settle();
    expect_complete(world, "2");
    world.want("3");
    world.settle();
    expect_complete(world, "3");
    EXPECT_EQ(world.running("api").size(), 2u);
    EXPECT_EQ(world.running("worker").size(), 1u);
    EXPECT_EQ(world.job_starts["default"], 2) << "what is left of a job is in nobody's way";
    EXPECT_FALSE(world.migrators_met);
  }
}

TEST(LeftBehind, AWayBackEndsAlthoughTheNewCannotBeRemoved) {
  auto world = upgrading_with("remove teal-shop-api-r2");
  world.trouble.sick.insert("2");
  world.settle(30min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack) << world.why.message;
  EXPECT_EQ(world.up(), 2);
  EXPECT_TRUE(world.has_event("LeftBehind"));
}

TEST(LeftBehind, OneThatStillRunsIsWaitedForUntilANewerSpecComes) {
  auto world = upgrading_with("remove teal-shop-worker-r1-0");
  world.trouble.stubborn = true;
  world.settle(1h);
  EXPECT_EQ(world.phase(), spec::Phase::Retiring) << "nobody knows what it still does";
  EXPECT_THAT(world.why.message, HasSubstr("remove teal-shop-worker-r1-0: scripted failure"));
  EXPECT_EQ(std::ranges::count_if(world.events,
                                  [](const auto& one) {
                                    return one.reason == spec::Reason::StopTimedOut &&
                                           one.message.starts_with("teal-shop-worker-r1");
                                  }),
            1);
  world.want("3");
  world.settle(2h);
  EXPECT_EQ(world.record->course.target.application.spec.version, "3") << world.why.message;
  EXPECT_EQ(world.phase(), spec::Phase::Retiring) << "that one waits for it in its turn";
  EXPECT_EQ(world.up(), 2);
  EXPECT_TRUE(world.has_event("LeftBehind"));
}

TEST(LeftBehind, OneThatStillRunsHoldsWhatMustNotRunBesideIt) {
  const auto stop_first = [](spec::ApplicationSpec& spec) { spec.components[1].replace = spec::Replace::StopFirst; };
  auto world = upgrading_with("remove teal-shop-worker-r1-0", stop_first);
  world.trouble.stubborn = true;
  ASSERT_TRUE(world.run_to(spec::Phase::Introducing));
  for (int i = 0; i < 300; ++i) world.pass();
  EXPECT_THAT(world.running("worker"), testing::ElementsAre("teal-shop-worker-r1-0"));
}

TEST(LeftBehind, WhatIsInTrafficIsNeverLeftBehind) {
  auto world = upgrading_with("remove teal-shop-api-r1-0");
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  for (int i = 0; i < 300 && world.phase() != spec::Phase::Complete; ++i) world.pass();
  auto seen = world.observe();
  const auto& old = *std::ranges::find(seen.containers, "teal-shop-api-r1-0", &world::Container::name);
  EXPECT_TRUE(rollout::is_left_behind(seen, old));
  world::Server server;
  server.name = old.name;
  seen.backends[0].servers.push_back(server);
  EXPECT_FALSE(rollout::is_left_behind(seen, old));
  seen.backends[0].servers.pop_back();
  auto running = old;
  running.state = world::ContainerState::Running;
  EXPECT_FALSE(rollout::is_left_behind(seen, running));
  EXPECT_TRUE(rollout::cannot_be_ended(seen, running));
  seen.backends[0].presence = rollout::Presence::Unknown;
  EXPECT_FALSE(rollout::cannot_be_ended(seen, running)) << "it may have sessions";
}

TEST(LeftBehind, TheOutputThatWasKeptStaysWhenTheEngineGivesNoneAnyMore) {
  Stage stage;
  stage.engine.script([](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 300ms;
    behaviour.output = "what it said\n";
    return behaviour;
  });
  stage.start_teald();
  stage.apply();
  stage.engine.set_stuck("teal-shop-default-r1-1", true);
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  for (int i = 0; i < 100; ++i) stage.run(true, 1);
  EXPECT_TRUE(stage.engine.containers().contains("teal-shop-default-r1-1"));
  EXPECT_EQ(stage.store.kept_logs().at({"shop", 1}).at("teal-shop-default-r1-1"), "what it said\n");
  stage.engine.set_stuck("teal-shop-default-r1-1", false);
  for (int i = 0; i < 100; ++i) stage.run(true, 1);
  EXPECT_FALSE(stage.engine.containers().contains("teal-shop-default-r1-1"));
}

}  // namespace
}  // namespace teal::test
