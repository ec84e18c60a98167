// What ran before Teal, as `adopt` names it: the fallback of a first installation.
#include <gmock/gmock.h>

#include <algorithm>

#include "controllers/admission/admission.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

world::Predecessor container(const std::string& name, int published) {
  world::Predecessor one;
  one.name = name;
  one.id = name + "#1";
  one.running = true;
  one.addresses = {{8000, "127.0.0.1:" + std::to_string(published)}};
  return one;
}

void add_server(World& world, const std::string& name, const std::string& address) {
  model::Slot slot;
  slot.balancer = "edge";
  slot.backend = "shop_api";
  slot.seen.name = name;
  slot.seen.address = address;
  slot.seen.intake = world::Intake::Open;
  slot.verdict = true;
  world.slots.push_back(slot);
}

// Two containers that somebody started by hand, behind a HAProxy of people's own.
World moving_in(bool stop = true) {
  World world;
  world.looks_at_predecessors = true;
  world.predecessors = {container("old-1", 5001), container("old-2", 5002)};
  add_server(world, "old1", "127.0.0.1:5001");
  add_server(world, "old2", "127.0.0.1:5002");
  world.desired.application.spec.adopt = spec::Adopt{{"old-1", "old-2"}, {"edge/old1", "edge/old2"}, stop};
  world.watch_traffic();
  return world;
}

// The same in front of a load balancer that Teal keeps: no server is there yet.
World moving_behind_ours(bool stop = true) {
  auto world = moving_in(stop);
  world.slots.clear();
  world.kept = {"edge"};
  world.desired.application.spec.adopt->servers.clear();
  return world;
}

std::vector<std::string> servers_of_others(const World& world) {
  std::vector<std::string> names;
  for (const auto& server : world.servers()) {
    if (!server.name.starts_with("teal-")) names.push_back(server.name);
  }
  return names;
}

bool any_runs(const World& world) { return std::ranges::any_of(world.predecessors, &world::Predecessor::running); }

TEST(WhatRanBeforeTeal, WhatRanBeforeServesUntilTheBakeIsOverAndIsDrainedThenAndStopped) {
  for (auto world : {moving_in(), moving_behind_ours()}) {
    ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
    EXPECT_EQ(servers_of_others(world).size(), 2U);
    EXPECT_EQ(world.up(), 4) << "the fallback beside the new ones";
    EXPECT_TRUE(any_runs(world));
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::Complete);
    EXPECT_THAT(servers_of_others(world), IsEmpty());
    EXPECT_FALSE(any_runs(world));
    EXPECT_TRUE(world.has_event("PredecessorsOut"));
    EXPECT_TRUE(world.has_event("PredecessorsStopped"));
    EXPECT_EQ(world.up(), 2);
  }
}

TEST(WhatRanBeforeTeal, WithoutStopTheContainersRunOnOutOfTraffic) {
  auto world = moving_in(false);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_THAT(servers_of_others(world), IsEmpty());
  EXPECT_TRUE(any_runs(world));
  world.edit([](spec::ApplicationSpec& spec) { spec.adopt->stop = true; });
  world.settle();
  EXPECT_FALSE(any_runs(world)) << "as decided later";
  EXPECT_EQ(world.record->course.target.number, 1) << "which is no rollout";
}

TEST(WhatRanBeforeTeal, AFailedInstallationLeavesWhatRanBeforeInTraffic) {
  for (auto world : {moving_in(), moving_behind_ours()}) {
    world.trouble.sick = {"1"};
    world.settle(2h);
    EXPECT_EQ(world.phase(), spec::Phase::Failed);
    EXPECT_EQ(world.up(), 2);
    EXPECT_EQ(servers_of_others(world).size(), 2U);
    EXPECT_TRUE(any_runs(world));
    EXPECT_FALSE(world.has_event("PredecessorsOut"));
  }
}

TEST(WhatRanBeforeTeal, ANewVersionThatTurnsSickInTheBakeLeavesWhatRanBeforeInTraffic) {
  auto world = moving_in();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.trouble.sick = {"1"};
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::Failed);
  EXPECT_EQ(servers_of_others(world).size(), 2U);
  EXPECT_TRUE(any_runs(world));
}

TEST(WhatRanBeforeTeal, BehindOursItServesBeforeAnythingIsChanged) {
  auto world = moving_behind_ours();
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(world.job_starts, IsEmpty());
}

TEST(WhatRanBeforeTeal, TheFirstNewServerWaitsForItsCheckWhileOthersServe) {
  auto world = moving_in();
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  EXPECT_GE(world.fewest_up, 2);
}

TEST(WhatRanBeforeTeal, WhatCannotBeTheFallbackIsSaidBeforeAnythingIsChanged) {
  const auto said = [](World world) {
    world.settle(1min);
    EXPECT_EQ(world.phase(), spec::Phase::Preparing);
    EXPECT_THAT(world.job_starts, IsEmpty());
    EXPECT_EQ(world.why.reason, spec::Reason::AdoptionBlocked);
    EXPECT_THAT(world.why.message, HasSubstr("nothing has been changed yet"));
    return world.why.message;
  };
  auto missing = moving_in();
  missing.predecessors[1] = {"old-2", "", false, "", {}};
  EXPECT_THAT(said(missing), HasSubstr("spec.adopt.containers[1]: the engine has no container old-2"));
  auto teals = moving_in();
  teals.predecessors[0].owner = "blog";
  EXPECT_THAT(said(teals), HasSubstr("old-1 is a container of Teal's, of application blog"));
  auto ended = moving_in();
  ended.predecessors[0].running = false;
  EXPECT_THAT(said(ended), HasSubstr("container old-1 does not run"));
  auto unknown = moving_in();
  unknown.desired.application.spec.adopt->servers[1] = "edge/odl2";
  EXPECT_THAT(said(unknown),
              AllOf(HasSubstr("spec.adopt.servers[1]: load balancer edge has no server odl2 in backend shop_api"),
                    HasSubstr("it has old1, old2")));
  auto elsewhere = moving_behind_ours();
  elsewhere.predecessors[0].addresses = {{3000, "127.0.0.1:1"}, {9000, "127.0.0.1:2"}};
  EXPECT_THAT(said(elsewhere), HasSubstr("it has the ports 3000, 9000"));
  elsewhere.predecessors[0].addresses.erase(9000);
  elsewhere.settle();
  EXPECT_EQ(elsewhere.phase(), spec::Phase::Complete) << "its only port is the one";
}

TEST(WhatRanBeforeTeal, WhatAReloadBringsBackIsTakenOutAgain) {
  auto world = moving_in(false);
  world.settle();
  ASSERT_EQ(world.phase(), spec::Phase::Complete);
  add_server(world, "old1", "127.0.0.1:5001");
  world.settle();
  EXPECT_THAT(servers_of_others(world), IsEmpty());
  world.want("2");
  world.settle();
  add_server(world, "old2", "127.0.0.1:5002");
  world.settle();
  EXPECT_THAT(servers_of_others(world), IsEmpty()) << "after the next version too";
}

TEST(WhatRanBeforeTeal, TealdThatDiesAnywhereGoesOnAndTheOldNeverLeaveFirst) {
  for (int dies_at = 1; dies_at < 120; ++dies_at) {
    auto world = dies_at % 2 == 0 ? moving_in() : moving_behind_ours();
    if (world.kept.empty()) world.watch_traffic();
    for (int i = 0; i < dies_at; ++i) {
      if (world.pass()) world.now += 10ms;
    }
    world.loses_actions = true;
    world.pass();
    world.loses_actions = false;
    world.knows_nothing_of_health = true;
    world.pass();
    world.knows_nothing_of_health = false;
    world.settle();
    ASSERT_EQ(world.phase(), spec::Phase::Complete) << dies_at;
    EXPECT_THAT(servers_of_others(world), IsEmpty()) << dies_at;
    EXPECT_FALSE(any_runs(world)) << dies_at;
    if (world.kept.empty()) {
      EXPECT_GE(world.fewest_up, 2) << dies_at;
    }
  }
}

TEST(WhatRanBeforeTeal, IsForAFirstInstallationOnly) {
  auto world = installed();
  admission::Register known;
  known.put(std::make_shared<const records::ApplicationRecord>(world.desired));
  auto late = world.desired.application;
  late.spec.adopt = spec::Adopt{{"old-1"}, {}, false};
  EXPECT_TRUE(admission::check_adoption(known, late)) << "nothing of it serves yet";
  known.uses("shop", {}, true);
  const auto refused = admission::check_adoption(known, late);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("spec.adopt: it is for a first installation, and shop serves already"));
  auto record = world.desired;
  record.application = late;
  known.put(std::make_shared<const records::ApplicationRecord>(record));
  late.spec.adopt->stop = true;
  EXPECT_TRUE(admission::check_adoption(known, late));
}

TEST(WhatRanBeforeTeal, ADeletedApplicationTakesWhatItAddedWithIt) {
  auto world = moving_behind_ours();
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.desired.deleting = true;
  world.settle();
  EXPECT_TRUE(world.erased);
  EXPECT_THAT(world.servers(), IsEmpty());
  EXPECT_TRUE(any_runs(world)) << "it was never ours to stop";
}

}  // namespace
}  // namespace teal::test
