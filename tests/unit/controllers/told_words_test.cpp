// People are told of what there is: no schema without a migration, no load balancer without one, no fault in an order.
#include <gmock/gmock.h>

#include "controllers/rollout/rollback/rollback.hpp"
#include "controllers/status/make_status.hpp"
#include "tests/unit/controllers/stage.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::ContainsRegex;
using testing::Not;

objects::ApplicationStatus status_of(World& world) {
  return status::make_status(world.desired, world.record, world.observe(), world.why, {}, world.now);
}

const objects::Condition& condition(const objects::ApplicationStatus& status, const std::string& type) {
  static const objects::Condition none;
  const auto found = std::ranges::find(status.conditions, type, &objects::Condition::type);
  return found == status.conditions.end() ? none : *found;
}

TEST(ToldWords, WithoutAMigrationOrALoadBalancerNobodySpeaksOfThem) {
  World world;
  world.edit([](spec::ApplicationSpec& spec) {
    spec.migration.jobs.clear();
    spec.components[0].load_balancer.reset();
    spec.rollout.bake = Duration{0};
  });
  // The world of these tests has its load balancer whether anybody uses it or not.
  const auto pass = [&] {
    auto seen = world.observe();
    seen.backends.clear();
    seen.traffic_targets = 0;
    return rollout::decide(world.desired, world.record, seen, world.now);
  };
  for (const auto* version : {"1", "2"}) {
    world.want(version);
    for (int i = 0; i < 200; ++i) {
      const auto decision = pass();
      if (decision.next)
        EXPECT_THAT(decision.why.message, Not(ContainsRegex("schema|servers? |load balancer edge|traffic")));
      for (const auto& event : decision.events)
        EXPECT_THAT(event.message, Not(ContainsRegex("schema|servers|takes all traffic|out of traffic")));
      world.pass();
    }
  }
  const auto status = status_of(world);
  for (const auto* type : {"Verified", "Drained"})
    EXPECT_THAT(condition(status, type).message, Not(ContainsRegex("schema|through the load balancer|of every load")));
}

TEST(ToldWords, AConditionThatIsNotMetYetHasWordsOfItsOwn) {
  World world;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  EXPECT_EQ(condition(status_of(world), "Verified").message, "the new replicas have not been verified yet");
  EXPECT_EQ(condition(status_of(world), "Drained").message, "the old replicas have not been asked to leave yet");
  world.trouble.sick.insert("2");
  ASSERT_TRUE(world.run_to(spec::Phase::RolledBack));
  EXPECT_THAT(condition(status_of(world), "Verified").message, testing::StartsWith("it was given up: api replica"));
  EXPECT_EQ(status_of(world).phase, "Degraded") << "nobody wanted it so";
}

TEST(ToldWords, ScaledToZeroIsAsItIsWanted) {
  World world;
  world.settle();
  world.edit([](spec::ApplicationSpec& spec) {
    for (auto& component : spec.components) component.replicas = 0;
  });
  world.settle();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Healthy");
  EXPECT_EQ(status.message, "version 1 is installed and scaled to 0: no replica is wanted");
  EXPECT_EQ(condition(status, "Ready").status, "True");
  ASSERT_EQ(status.components.size(), 2u);
  EXPECT_EQ(status.components[0].desired, 0);
}

TEST(ToldWords, AFirstVersionWhoseReplicasServeIsReadyBeforeItsBakeIsOver) {
  World world;
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  EXPECT_EQ(condition(status_of(world), "Ready").status, "False");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.now += std::chrono::seconds{2};
  world.pass();
  EXPECT_EQ(status_of(world).components[0].ready, 2);
  EXPECT_EQ(condition(status_of(world), "Ready").status, "True");
}

TEST(ToldWords, ADeletionThatWaitsForAContainerNamesItAndWhy) {
  World world;
  world.settle();
  world.failing_actions["remove teal-shop-worker-r1-0"] = 1000;
  world.desired.deleting = true;
  world.settle();
  EXPECT_FALSE(world.erased);
  EXPECT_THAT(world.why.message, testing::AllOf(testing::HasSubstr("teal-shop-worker-r1-0 cannot be removed"),
                                                testing::HasSubstr("scripted failure")));
  const auto told = std::ranges::count_if(
      world.events, [](const records::Event& one) { return one.reason == spec::Reason::LeftBehind; });
  EXPECT_EQ(told, 1);
  world.failing_actions.clear();
  world.settle();
  EXPECT_TRUE(world.erased);
}

records::VerbRequest asked(records::Verb verb) {
  records::VerbRequest request;
  request.verb = verb;
  return request;
}

TEST(ToldWords, ARollbackBeforeTheOldHaveLeftIsNotDegraded) {
  World world;
  world.settle();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  const auto choice = rollout::choose_rollback(world.desired, *world.record, {*world.record}, std::nullopt);
  ASSERT_TRUE(choice);
  world.record = roll_back(*world.record, *choice, asked(records::Verb::Rollback), world.now)->next;
  EXPECT_EQ(status_of(world).phase, "Progressing");
  ASSERT_TRUE(world.run_to(spec::Phase::RolledBack));
  EXPECT_EQ(status_of(world).phase, "Healthy");
  world.kill("teal-shop-api-r1-0");
  EXPECT_EQ(status_of(world).phase, "Degraded") << "what serves is not whole";
}

TEST(ToldWords, ADeliberateRollbackIsHealthyOnceItIsComplete) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", asked(records::Verb::Rollback))));
  std::set<std::string> phases;
  ASSERT_TRUE(stage.run_until([&] {
    phases.insert(stage.view()->status.phase);
    const auto& record = *stage.view()->rollout;
    return record.course.target.number == 3 && record.standing.phase == spec::Phase::Complete;
  }));
  for (int i = 0; i < 20; ++i) {
    stage.run(true, 1);
    phases.insert(stage.view()->status.phase);
  }
  EXPECT_EQ(stage.view()->status.phase, "Healthy");
  EXPECT_FALSE(phases.contains("Degraded"));
  EXPECT_THAT(stage.view()->status.message, testing::HasSubstr("rolled back to 1"));
}

}  // namespace
}  // namespace teal::test
