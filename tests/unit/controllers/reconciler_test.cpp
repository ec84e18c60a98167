// Whole rollouts through the real passes. tests/simulation/crash_points interrupts them at every call.
#include "controllers/reconcile/reconciler.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Everything that the promises ask for once version 2 is installed.
void expect_upgraded(Stage& stage) {
  EXPECT_THAT(stage.engine.running(),
              UnorderedElementsAre("teal-shop-api-r2-0", "teal-shop-api-r2-1", "teal-shop-worker-r2-0"));
  EXPECT_EQ(stage.engine.containers().size(), 3u) << "no orphan is left";
  const auto servers = stage.servers();
  EXPECT_EQ(servers.size(), 2u);
  for (const auto& server : servers) EXPECT_TRUE(server.up) << server.name;
  EXPECT_THAT(stage.migrations_started,
              UnorderedElementsAre(Pair("default of id-shop:1", 1), Pair("default of id-shop:2", 1)));
  EXPECT_FALSE(stage.migrators_met);
  EXPECT_FALSE(stage.started_twice);
  EXPECT_GE(stage.fewest_up, 2) << "T1";
}

TEST(Reconciler, InstallsAndUpgrades) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run()) << "version 1 does not get installed: " << stage.view()->status.message;
  stage.fewest_up = 1000;
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run()) << "version 2 does not get installed: " << stage.view()->status.message;
  expect_upgraded(stage);
  stage.run(true, 1);
  const auto view = stage.view();
  EXPECT_EQ(view->status.message, "3 of 3 replicas of version 2 are ready");
  EXPECT_EQ(view->rollout->traffic.failed, 0u);
  EXPECT_LT(stage.passes, 250) << "no pass is made for nothing";
}

TEST(Reconciler, SickVersionIsRolledBackAndTheStatusSaysWhy) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.fewest_up = 1000;
  stage.sick_images.insert("id-shop:2");
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  for (int i = 0; i < 3000 && stage.view()->rollout->standing.phase != spec::Phase::RolledBack; ++i)
    ASSERT_TRUE(stage.run(true));
  EXPECT_EQ(stage.view()->status.phase, "Degraded");
  EXPECT_THAT(stage.view()->status.message, HasSubstr("503: database unreachable"));
  EXPECT_THAT(stage.engine.running(),
              UnorderedElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1", "teal-shop-worker-r1-0"));
  EXPECT_GE(stage.fewest_up, 2);
}

// T3: what cannot be read says nothing of what is still in traffic.
TEST(Reconciler, AnAnswerOfTheLoadBalancerThatMakesNoSenseStopsNothing) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return stage.view()->rollout->standing.phase == spec::Phase::Withdrawing; }));
  stage.balancer.set_legible(false);
  for (int i = 0; i < 200; ++i) stage.run(true, 1);
  const auto& containers = stage.engine.containers();
  for (const auto* old : {"teal-shop-api-r1-0", "teal-shop-api-r1-1"}) {
    ASSERT_TRUE(containers.contains(old)) << old;
    EXPECT_TRUE(containers.at(old).signals.empty()) << old << " may have sessions";
  }
  EXPECT_THAT(stage.view()->status.message, HasSubstr("its answer makes no sense"));
  stage.balancer.set_legible(true);
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_EQ(stage.engine.running().size(), 3u);
}

TEST(Reconciler, RefusesALoadBalancerThatTealdDoesNotHaveAndRoutesThatNobodyReads) {
  Stage stage;
  stage.start_teald();
  auto wanted = stage.application;
  auto& use = wanted.spec.components.at(0).load_balancer.value();
  use.name = "moon";
  const auto unknown = stage.wait(stage.teald().apply(wanted, "ann", false));
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message,
              HasSubstr("spec.components[0].loadBalancer.name: teald.yaml has no load balancer moon"));
  use = stage.application.spec.components.at(0).load_balancer.value();
  use.routes = {{"shop.example.com"}};
  const auto ignored = stage.wait(stage.teald().apply(wanted, "ann", true));
  ASSERT_FALSE(ignored);
  EXPECT_THAT(ignored.error().message, HasSubstr("spec.components[0].loadBalancer.routes: "));
  const auto plan = stage.wait(stage.teald().plan("shop", wanted, true));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message, ignored.error().message);
}

TEST(Reconciler, EngineThatTealdDoesNotHaveIsNamedAndCanBeMended) {
  Stage stage;
  stage.start_teald();
  stage.application.spec.engine = "moon";
  stage.apply();
  for (int i = 0; i < 20; ++i) stage.run(true, 1);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("engine moon is not in teald.yaml, which has: local"));
  stage.application.spec.engine = "local";
  stage.apply();
  EXPECT_TRUE(stage.run());
  stage.application.spec.engine = "";
  stage.application.spec.version = "2";
  stage.apply();
  EXPECT_TRUE(stage.run()) << "the first engine of teald.yaml is the same one";
  stage.application.spec.engine = "moon";
  stage.apply();
  for (int i = 0; i < 20; ++i) stage.run(true, 1);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("engine moon is not in teald.yaml"));
  EXPECT_EQ(stage.engine.running().size(), 3u) << "what serves is kept";
  const auto plan = stage.wait(stage.teald().plan("shop", std::nullopt, true));
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->findings, Contains(HasSubstr("engine moon")));
}

TEST(Reconciler, NameThatAStrangersContainerHasIsSaid) {
  Stage stage;
  stage.start_teald();
  ports::ContainerSpec stranger;
  stranger.name = "teal-shop-api-r1-0";
  stranger.application = "somebody else's";
  stranger.image_id = "id-shop:1";
  stage.engine.add_image("shop:1", {"id-shop:1", "digest-shop:1"});
  ASSERT_TRUE(stage.wait(stage.engine.create(stranger)));
  stage.apply();
  for (int i = 0; i < 100; ++i) stage.run(true, 1);
  EXPECT_THAT(stage.view()->status.message,
              HasSubstr("teal-shop-api-r1-0 is taken by a container that is not this teald's"));
  stage.engine.vanish("teal-shop-api-r1-0");
  EXPECT_TRUE(stage.run());
}

TEST(Reconciler, NamesTheFirstOfThoseItHasNotLookedAtAndCountsTheOthers) {
  Stage stage;
  stage.start_teald();
  for (int i = 100; i < 125; ++i) {
    auto application = stage.application;
    application.name = fmt::format("app-{}", i);
    application.spec.components.clear();
    ASSERT_TRUE(stage.wait(stage.teald().apply(application, records::Requester{}, false)));
  }
  stage.start_teald();
  const auto reasons = stage.teald().readiness().reasons;
  ASSERT_THAT(reasons, SizeIs(11));
  EXPECT_EQ(reasons.front(), "app-100 has not been looked at yet");
  EXPECT_EQ(reasons.back(), "and 15 more have not been looked at yet");
}

TEST(Reconciler, WhatIsWrongWithTealdItselfIsAnEventAndAWarningUntilItIsWell) {
  Stage stage;
  stage.start_teald();
  const auto reasons = [&] {
    stage.run(true, 1);
    std::vector<std::string> out;
    const auto events = stage.wait(stage.behind_store->events(ports::EventQuery{}));
    for (const auto& stored : *events)
      out.push_back(stored.event.object + " " + std::string{to_string(stored.event.reason)});
    return out;
  };
  stage.teald().notice({"Tokens", spec::Reason::TokensRead, "2 tokens are in force", false});
  EXPECT_THAT(reasons(), IsEmpty()) << "each start would be one";
  EXPECT_THAT(stage.teald().readiness().warnings, IsEmpty());
  stage.teald().notice(
      {"Tokens", spec::Reason::TokensUnreadable, "tokens.yaml: mode 0644; chmod 600 tokens.yaml", true});
  stage.teald().notice(
      {"Manifests", spec::Reason::ManifestFolderRefused, "/etc/teal/manifests: others can write it", true});
  EXPECT_THAT(reasons(), ElementsAre("Tokens TokensUnreadable", "Manifests ManifestFolderRefused"));
  EXPECT_THAT(stage.teald().readiness().warnings,
              ElementsAre("ManifestFolderRefused: /etc/teal/manifests: others can write it",
                          "TokensUnreadable: tokens.yaml: mode 0644; chmod 600 tokens.yaml"));
  stage.teald().notice({"Tokens", spec::Reason::TokensRead, "2 tokens are in force", false});
  EXPECT_THAT(reasons(), Contains("Tokens TokensRead"));
  EXPECT_TRUE(stage.wait(stage.behind_store->audit({}))->empty());
  stage.teald().notice(
      {"Tokens", spec::Reason::TokensRead, "3 tokens are in force", false, "/etc/teal/tokens.yaml", "[]"});
  stage.run(true, 1);
  const auto audit = stage.wait(stage.behind_store->audit({}));
  ASSERT_EQ(audit->size(), 1U) << "who may is a change as any other";
  EXPECT_EQ(audit->front().action, "TokensRead");
  EXPECT_EQ(audit->front().by.name, records::manifest_file("/etc/teal/tokens.yaml").name);
  EXPECT_THAT(stage.teald().readiness().warnings, SizeIs(1));
}

TEST(Reconciler, ARolloutSaysWhoAskedForIt) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(stage.store.newest("shop")->course.requested_by, "ann");
  stage.application.spec.version = "2";
  ASSERT_TRUE(stage.wait(stage.teald().apply(stage.application, "bob", false)));
  ASSERT_TRUE(stage.run());
  EXPECT_EQ(stage.store.newest("shop")->course.requested_by, "bob");
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", {records::Verb::Rollback, std::nullopt, "eve"})));
  stage.run(true);
  EXPECT_EQ(stage.store.newest("shop")->course.requested_by, "eve");
}

TEST(Reconciler, DeletionLeavesNothing) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  ASSERT_TRUE(stage.wait(stage.teald().remove("shop", "ann")));
  for (int i = 0; i < 1000 && stage.view(); ++i) stage.run(true, 1);
  EXPECT_FALSE(stage.view());
  EXPECT_TRUE(stage.engine.containers().empty());
  EXPECT_TRUE(stage.servers().empty());
}

}  // namespace
}  // namespace teal::test
