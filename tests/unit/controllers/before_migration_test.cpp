// What can be found out before a migration is found out before it: it cannot be taken back.
#include <gmock/gmock.h>

#include "controllers/plan/make_plan.hpp"
#include "controllers/reconcile/reconciler.hpp"
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

TEST(BeforeMigration, ALoadBalancerThatIsDownIsWaitedForBeforeAnythingIsChanged) {
  for (const auto sight : {rollout::Presence::Unknown, rollout::Presence::Absent}) {
    auto world = upgrading();
    world.balancer_down = true;
    world.load_balancer_sight = sight;
    world.settle(1min);
    EXPECT_EQ(world.phase(), spec::Phase::Preparing);
    EXPECT_THAT(world.job_starts, IsEmpty());
    EXPECT_THAT(world.why.message,
                AllOf(HasSubstr("load balancer edge: connect: refused"), HasSubstr("nothing has been changed yet")));
    EXPECT_TRUE(world.has_event(sight == rollout::Presence::Absent ? "BackendNotFound" : "LoadBalancerUnavailable"));
    EXPECT_EQ(world.up(), 2);
    world.balancer_down = false;
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::Complete);
    EXPECT_EQ(world.record->course.active->application.spec.version, "2");
  }
}

TEST(BeforeMigration, OneThatDoesNotComeIsGivenUpWithTheSchemaAsItWas) {
  auto world = upgrading();
  world.balancer_down = true;
  world.settle(2h);
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("load balancer edge: connect: refused"));
  EXPECT_THAT(world.job_starts, IsEmpty());
}

TEST(BeforeMigration, ARecreateDoesNotStopWhatServesForALoadBalancerThatIsDown) {
  auto world = upgrading();
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; });
  world.balancer_down = true;
  world.watch_traffic();
  world.settle(1min);
  EXPECT_EQ(world.phase(), spec::Phase::Preparing);
  EXPECT_EQ(world.fewest_up, 2);
}

TEST(BeforeMigration, WhatWasApprovedIsLookedAtOnceMore) {
  auto world = upgrading();
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeMigration; });
  ASSERT_TRUE(world.run_to(spec::Phase::AwaitingApproval));
  world.balancer_down = true;
  world.record->orders.approved = true;
  world.settle(1min);
  EXPECT_EQ(world.phase(), spec::Phase::AwaitingApproval);
  EXPECT_THAT(world.job_starts, IsEmpty());
  EXPECT_THAT(world.why.message, HasSubstr("load balancer edge: connect: refused"));
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(BeforeMigration, AnImageThatIsGoneAndInNoRegistryIsSaidInsteadOfMigrating) {
  auto world = upgrading();
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeMigration; });
  ASSERT_TRUE(world.run_to(spec::Phase::AwaitingApproval));
  world.has_image = false;
  world.record->orders.approved = true;
  world.settle(1min);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("build or load it there again"));
  EXPECT_THAT(world.job_starts, IsEmpty());
}

rollout::BackendView backend(rollout::Presence sight, std::string why, std::vector<std::string> obstacles = {}) {
  rollout::BackendView view;
  view.load_balancer = "edge";
  view.backend = "shop_api";
  view.presence = sight;
  view.why = std::move(why);
  view.obstacles = std::move(obstacles);
  return view;
}

TEST(BeforeMigration, ThePlanNamesWhatTheLoadBalancerLacksAndEndsBeforeTheMigration) {
  const auto world = upgrading();
  for (const auto& [view, words] : std::vector<std::pair<rollout::BackendView, std::string>>{
           {backend(rollout::Presence::Absent, "no such backend; it has web, api"),
            "BackendNotFound: load balancer edge: no such backend; it has web, api"},
           {backend(rollout::Presence::Unknown, "refused"), "LoadBalancerUnavailable: load balancer edge: refused"},
           {backend(rollout::Presence::Present, "", {"it may only read"}),
            "BackendNotUsable: load balancer edge, backend shop_api: it may only read"}}) {
    plan::PlanFacts facts;
    facts.image = world::Image{"id-2", "digest-2"};
    facts.backends = {view};
    const auto plan = make_plan(world.desired, world.record, facts, world.now);
    EXPECT_THAT(plan.findings, Contains(HasSubstr(words)));
    std::vector<std::string> actions;
    for (const auto& step : plan.steps) actions.push_back(step.action);
    EXPECT_THAT(actions, Contains("Wait"));
    EXPECT_THAT(actions, Not(Contains("RunMigration")));
    EXPECT_THAT(plan.findings, Not(Contains(HasSubstr("the plan ends after"))));
  }
}

TEST(BeforeMigration, ABackendThatIsMissingIsFoundByARealPassAndItsNeighboursAreNamed) {
  Stage stage;
  stage.balancer.add_backend("shop_web");
  stage.start_teald();
  stage.application.spec.components[0].load_balancer->backend = "shop_apo";
  stage.apply();
  for (int i = 0; i < 50; ++i) stage.run(true, 1);
  EXPECT_EQ(stage.view()->rollout->standing.phase, spec::Phase::Preparing);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("no such backend: shop_apo; it has shop_api, shop_web"));
  EXPECT_THAT(stage.migrations_started, IsEmpty());
  const auto plan = stage.wait(stage.teald().plan("shop", std::nullopt, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, Contains(HasSubstr("it has shop_api, shop_web")));
  stage.balancer.set_obstacles({"its socket has the level operator"});
  stage.application.spec.components[0].load_balancer->backend = "shop_api";
  stage.apply();
  for (int i = 0; i < 50; ++i) stage.run(true, 1);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("its socket has the level operator"));
  EXPECT_THAT(stage.migrations_started, IsEmpty());
  stage.balancer.set_obstacles({});
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
}

// Two teald that share a load balancer know nothing of each other's manifests; the servers tell.
TEST(BeforeMigration, ABackendThatServesAnotherTealdsApplicationIsNotShared) {
  Stage stage;
  stage.start_teald();
  ports::ServerSpec others;
  others.name = "teal-blog-web-r3-0";
  others.address = "10.0.0.9:8000";
  stage.balancer.set_healthy(others.address, true);
  ASSERT_TRUE(stage.wait(stage.balancer.attach("shop_api", others)));
  ASSERT_TRUE(stage.wait(stage.balancer.admit("shop_api", others.name)));
  stage.apply();
  for (int i = 0; i < 50; ++i) stage.run(true, 1);
  EXPECT_EQ(stage.view()->rollout->standing.phase, spec::Phase::Preparing);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("teal-blog-web-r3-0 takes traffic and is another application's"));
  EXPECT_THAT(stage.migrations_started, IsEmpty());
  const auto plan = stage.wait(stage.teald().plan("shop", std::nullopt, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, Contains(HasSubstr("teal-blog-web-r3-0")));
  ASSERT_TRUE(stage.wait(stage.balancer.detach("shop_api", others.name, true)));
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
}

TEST(BeforeMigration, AnEngineWhoseDiskIsFullIsWaitedForAndLittleRoomIsMentioned) {
  Stage stage;
  stage.engine.set_room(10'000'000);
  stage.start_teald();
  stage.apply();
  for (int i = 0; i < 50; ++i) stage.run(true, 1);
  EXPECT_EQ(stage.view()->rollout->standing.phase, spec::Phase::Preparing);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("the engine has 10 MB left"));
  EXPECT_THAT(stage.migrations_started, IsEmpty());
  auto plan = stage.wait(stage.teald().plan("shop", std::nullopt, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, Contains(AllOf(HasSubstr("the engine has 10 MB left"), HasSubstr("it blocks"))));
  stage.engine.set_room(500'000'000);
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
  auto next = stage.application;
  next.spec.version = "2";
  plan = stage.wait(stage.teald().plan("shop", next, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, Contains(AllOf(HasSubstr("500 MB left"), Not(HasSubstr("it blocks")))));
}

// `docker image prune -af` while it waits: the very image that was approved is pulled again, whatever its tag says now.
struct Pruned {
  explicit Pruned(const std::function<void(spec::ApplicationSpec&)>& edit) {
    stage.engine.add_remote_image("shop:2", {"id-shop:2", "sha256:d2"});
    stage.engine.add_remote_image("shop@sha256:d2", {"id-shop:2", "sha256:d2"});
    stage.start_teald();
    stage.apply();
    if (!stage.run()) throw std::runtime_error(stage.view()->status.message);
    stage.application.spec.version = "2";
    edit(stage.application.spec);
    stage.apply();
  }
  void prune() {
    stage.engine.remove_image("shop:2");
    stage.engine.remove_image("shop@sha256:d2");
    stage.engine.add_remote_image("shop:2", {"id-other", "sha256:other"});
  }
  void expect_that_very_image() {
    EXPECT_TRUE(stage.run()) << stage.view()->status.message;
    EXPECT_EQ(stage.view()->rollout->course.target.image_digest, "sha256:d2");
    EXPECT_EQ(stage.migrations_started["default of id-shop:2"], 1);
    for (const auto& [name, stored] : stage.engine.containers()) EXPECT_EQ(stored.seen.image_id, "id-shop:2") << name;
  }
  Stage stage;
};

TEST(BeforeMigration, AnImageThatWasPrunedBeforeApprovalIsPulledAgainByItsDigest) {
  Pruned pruned{[](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeMigration; }};
  auto& stage = pruned.stage;
  ASSERT_TRUE(stage.run_until([&] { return stage.view()->rollout->standing.phase == spec::Phase::AwaitingApproval; }));
  pruned.prune();
  for (int i = 0; i < 20; ++i) stage.run(true, 1);
  records::VerbRequest approve;
  approve.verb = records::Verb::Approve;
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", approve)));
  pruned.expect_that_very_image();
}

TEST(BeforeMigration, AJobOrHookWhoseImageIsPrunedJustBeforeItIsCreatedGetsItAgain) {
  for (const auto phase : {spec::Phase::Migrating, spec::Phase::Verifying}) {
    Pruned pruned{[](spec::ApplicationSpec& spec) {
      spec::Job hook;
      hook.name = "smoke";
      hook.command = {"./smoke.sh"};
      spec.hooks.before_cutover = {hook};
    }};
    auto& stage = pruned.stage;
    ASSERT_TRUE(stage.run_until([&] { return stage.view()->rollout->standing.phase == phase; }));
    pruned.prune();
    pruned.expect_that_very_image();
    EXPECT_EQ(stage.migrations_started["smoke of id-shop:2"], 1);
  }
}

}  // namespace
}  // namespace teal::test
