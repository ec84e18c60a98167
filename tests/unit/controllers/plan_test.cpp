// `teal plan`: what would happen, in the order in which it would.
#include "controllers/plan/make_plan.hpp"

#include <gmock/gmock.h>

#include "controllers/rollout/action.hpp"
#include "controllers/rollout/begin.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> steps(const objects::Plan& plan) {
  std::vector<std::string> all;
  for (const auto& step : plan.steps) all.push_back(step.phase + " " + step.action + " " + step.object);
  return all;
}

plan::PlanFacts with_image() {
  plan::PlanFacts facts;
  facts.image = world::Image{"id-2", "digest-2"};
  return facts;
}

World serving() {
  return installed([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 1; });
}

TEST(Plan, OfAnUpgradeInTheOrderInWhichItHappens) {
  auto world = serving();
  world.want("2");
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_EQ(plan.from_version, "1");
  EXPECT_EQ(plan.to_version, "2");
  EXPECT_EQ(plan.revision, 2);
  EXPECT_EQ(plan.summary, "1 → 2: 1 migration job to run, 2 replicas to start, 2 to stop");
  EXPECT_THAT(steps(plan),
              ElementsAre("Preparing UseImage shop:2", "Migrating RunMigration teal-shop-default-r2-1",
                          "Starting StartReplica teal-shop-api-r2-0", "Starting StartReplica teal-shop-worker-r2-0",
                          "Introducing AttachServer server teal-shop-api-r2-0 in edge/shop_api", "Verifying Bake shop",
                          "Withdrawing DrainServer server teal-shop-api-r1-0 in edge/shop_api",
                          "Retiring StopReplica teal-shop-api-r1-0", "Retiring StopReplica teal-shop-worker-r1-0"));
  EXPECT_THAT(plan.findings, IsEmpty());
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_EQ(plan.changes[0].path, "spec.version");
}

TEST(Plan, PromisesWhatThenReallyHappens) {
  auto world = serving();
  world.performed.clear();
  world.want("2");
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  world.settle();
  for (const auto& step : plan.steps) {
    if (step.action == "RunMigration") EXPECT_THAT(world.performed, Contains("start " + step.object));
    if (step.action == "StartReplica") EXPECT_THAT(world.performed, Contains("run " + step.object));
    if (step.action == "AttachServer") EXPECT_THAT(world.performed, Contains("add " + step.object));
    if (step.action == "DrainServer") EXPECT_THAT(world.performed, Contains("drain " + step.object));
    if (step.action == "StopReplica") EXPECT_THAT(world.performed, Contains("stop " + step.object));
  }
}

TEST(Plan, OfAFirstInstallationStopsNothing) {
  const World world;
  const auto plan = plan::make_plan(world.desired, std::nullopt, {}, world.now);
  EXPECT_EQ(plan.revision, 1);
  EXPECT_EQ(plan.from_version, "");
  EXPECT_THAT(plan.summary, HasSubstr("nothing → 1"));
  EXPECT_THAT(plan.summary, HasSubstr("0 to stop"));
  EXPECT_THAT(steps(plan), Contains("Preparing PullImage shop:1"));
}

TEST(Plan, OfAnUnchangedSpecIsNothing) {
  auto world = serving();
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_EQ(plan.revision, 0);
  EXPECT_EQ(plan.summary, "nothing to roll out");
  EXPECT_THAT(plan.steps, IsEmpty());
}

TEST(Plan, ScalingNeedsNoRollout) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_EQ(plan.revision, 0);
  EXPECT_THAT(steps(plan),
              ElementsAre("Complete StartReplica teal-shop-api-r1-1", "Complete StartReplica teal-shop-api-r1-2",
                          "Complete AttachServer server teal-shop-api-r1-1 in edge/shop_api",
                          "Complete AttachServer server teal-shop-api-r1-2 in edge/shop_api"));
  EXPECT_EQ(plan.summary, "2 replicas change in place, no rollout");
}

TEST(Plan, RecreateStopsFirst) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.strategy = spec::Strategy::Recreate;
  });
  const auto all = steps(make_plan(world.desired, world.record, with_image(), world.now));
  const auto stop = std::ranges::find(all, "Retiring StopReplica teal-shop-api-r1-0");
  const auto migrate = std::ranges::find(all, "Migrating RunMigration teal-shop-default-r2-1");
  EXPECT_LT(stop, migrate);
}

TEST(Plan, MigrationThatIsDoneForTheImageIsSkipped) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) { spec.env["COLOUR"] = spec::ValueSource{}; });
  auto facts = with_image();
  facts.migrated.insert("default");
  const auto plan = make_plan(world.desired, world.record, facts, world.now);
  EXPECT_THAT(steps(plan), Contains("Migrating SkipMigration teal-shop-default-r2-1"));
  EXPECT_THAT(plan.summary, HasSubstr("0 migration jobs to run"));
}

TEST(Plan, FindingsNameWhatIsInTheWay) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.suspend = true;
    spec.pull_policy = spec::PullPolicy::Never;
    spec.upgrade_policy.stops = {"2"};
    spec::Window window;
    window.from_minute = 60;
    window.to_minute = 61;
    spec.rollout.windows = {window};
    spec.migration.strict_credentials = true;
  });
  plan::PlanFacts facts;
  facts.findings = {"load balancer edge is not in teald.yaml"};
  const auto plan = make_plan(world.desired, world.record, facts, world.now);
  EXPECT_THAT(plan.findings, Contains("load balancer edge is not in teald.yaml"));
  EXPECT_THAT(plan.findings, Contains(HasSubstr("go to 2 first")));
  EXPECT_THAT(plan.findings, Contains(HasSubstr("spec.suspend is true")));
  EXPECT_THAT(plan.findings, Contains(HasSubstr("pullPolicy is Never")));
  EXPECT_THAT(plan.findings, Contains(HasSubstr("maintenance window")));
  EXPECT_THAT(plan.findings, Contains(HasSubstr("spec.migration.strictCredentials")));
}

spec::Job job_named(const std::string& name) {
  spec::Job job;
  job.name = name;
  job.command = {"./" + name, "postgres://migrator:geheim@db/shop"};
  return job;
}

TEST(Plan, ShowsHooksAndTheContractStepWhereTheyRun) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = std::chrono::hours{1};
    spec.hooks.before_migration = {job_named("backup")};
    spec.hooks.before_cutover = {job_named("smoke")};
    spec.hooks.after_cutover = {job_named("warm")};
    spec.hooks.on_rollback = {job_named("tell")};
    spec.migration.jobs.push_back(job_named("contract"));
    spec.migration.jobs.back().phase = spec::JobPhase::AfterCutover;
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  std::vector<std::string> jobs;
  for (const auto& step : steps(plan)) {
    const bool shown = step.find("Run") != step.npos || step.find("Keep") != step.npos || step.find("r1") != step.npos;
    if (shown) jobs.push_back(step);
  }
  EXPECT_THAT(jobs,
              ElementsAre("Migrating RunHook teal-shop-backup-r2-1", "Migrating RunMigration teal-shop-default-r2-1",
                          "Verifying RunHook teal-shop-smoke-r2-1",
                          "Withdrawing DrainServer server teal-shop-api-r1-0 in edge/shop_api",
                          "Retiring RunHook teal-shop-warm-r2-1", "Retiring KeepOld shop",
                          "Retiring StopReplica teal-shop-api-r1-0", "Retiring StopReplica teal-shop-worker-r1-0",
                          "Retiring RunMigration teal-shop-contract-r2-1"));
  EXPECT_EQ(plan.jobs.back().job, "tell");
  EXPECT_FALSE(plan.jobs.back().required);
  EXPECT_EQ(plan.jobs.front().command, "./backup postgres://migrator:***@db/shop");
  world.settle(std::chrono::hours{3});
  std::vector<std::string> ran;
  for (const auto& key : world.performed) {
    if (key.starts_with("start ") && key.find("-r2-") != key.npos) ran.push_back(key.substr(6));
  }
  EXPECT_THAT(ran, ElementsAre("teal-shop-backup-r2-1", "teal-shop-default-r2-1", "teal-shop-smoke-r2-1",
                               "teal-shop-warm-r2-1", "teal-shop-contract-r2-1"));
}

TEST(Plan, SaysWhomAJobWorksAsAndWhenItWasDone) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.env["COLOUR"] = spec::ValueSource{};
    spec.hooks.before_migration = {job_named("backup")};
  });
  auto facts = with_image();
  facts.image = world::Image{"id-1", "digest-1"};
  facts.migrated = {"default"};
  facts.targets["default"] = {"migrator", "shop at 127.0.0.1:5432"};
  facts.history = {*world.record};
  const auto plan = make_plan(world.desired, world.record, facts, world.now);
  ASSERT_EQ(plan.jobs.size(), 2u);
  EXPECT_FALSE(plan.jobs[0].needed) << "there is nothing to take a backup before";
  EXPECT_FALSE(plan.jobs[1].needed);
  EXPECT_EQ(plan.jobs[1].user, "migrator");
  EXPECT_EQ(plan.jobs[1].database, "shop at 127.0.0.1:5432");
  EXPECT_THAT(plan.jobs[1].done, HasSubstr("revision 1, 2023-11-14T"));
  facts.migrated.clear();
  const auto again = make_plan(world.desired, world.record, facts, world.now);
  const auto run = std::ranges::find(again.steps, "RunMigration", &objects::PlanStep::action);
  ASSERT_NE(run, again.steps.end());
  EXPECT_THAT(run->message,
              HasSubstr("as database user migrator on shop at 127.0.0.1:5432: ./upgrade_schema.sh upgrade"));
}

TEST(Plan, SaysHowLongEachPhaseTookLastTime) {
  auto world = serving();
  world.want("2");
  auto facts = with_image();
  facts.history = {*world.record};
  const auto plan = make_plan(world.desired, world.record, facts, world.now);
  EXPECT_EQ(plan.timed_revision, 1);
  const auto bake = std::ranges::find(plan.last_time, "Verifying", &objects::PlanDuration::phase);
  ASSERT_NE(bake, plan.last_time.end());
  EXPECT_GE(bake->took, std::chrono::seconds{10});
}

TEST(Plan, SaysWhichRuleAllowsIt) {
  auto world = serving();
  world.want("2");
  EXPECT_EQ(make_plan(world.desired, world.record, with_image(), world.now).policy.message, "no upgradePolicy is set");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.upgrade_policy.train = 1;
    spec.upgrade_policy.outside_train = spec::OutsideTrain::Recreate;
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_EQ(plan.policy.strategy, "Recreate");
  EXPECT_THAT(plan.policy.message, HasSubstr("outside the train"));
}

TEST(Plan, OfAWalkIsItsFirstHop) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "4";
    spec.upgrade_policy.stops = {"2", "3"};
    spec.upgrade_policy.hops = spec::Hops::Automatic;
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_TRUE(plan.policy.allowed);
  EXPECT_EQ(plan.to_version, "2");
  EXPECT_THAT(plan.way, ElementsAre("2", "3", "4"));
  EXPECT_THAT(plan.summary, HasSubstr("the first of 3 rollouts, one after another: 2, then 3, then 4"));
  EXPECT_THAT(steps(plan), Contains("Preparing UseImage shop:2"));
}

std::vector<std::string> waits(const objects::Plan& plan) {
  std::vector<std::string> all;
  for (const auto& step : plan.steps) {
    if (step.action == "Wait") all.push_back(step.phase + ": " + step.message);
  }
  return all;
}

TEST(Plan, OfAWalkDoesNothingOfTheNextHop) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.upgrade_policy.stops = {"2"};
    spec.upgrade_policy.hops = spec::Hops::Automatic;
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_THAT(steps(plan), Contains("Retiring StopReplica teal-shop-worker-r1-0"));
  for (const auto& step : plan.steps) EXPECT_THAT(step.object, testing::Not(HasSubstr("-r3-")));
  EXPECT_THAT(plan.summary, HasSubstr("2 replicas to start, 2 to stop"));
}

TEST(Plan, SaysWhereAPersonIsWaitedForAndGoesOn) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.suspend = true;
    spec.rollout.approval = spec::Approval::BeforeCutover;
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_THAT(waits(plan), ElementsAre("Complete: wait until spec.suspend is false",
                                       "AwaitingApproval: wait until somebody approves"));
  EXPECT_THAT(steps(plan), Contains("Retiring StopReplica teal-shop-api-r1-0"));
}

TEST(Plan, SaysWhenItsWindowOpensAndGoesOnThen) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec::Window window;
    window.from_minute = 60;
    window.to_minute = 120;
    spec.rollout.windows = {window};
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_THAT(waits(plan),
              ElementsAre(HasSubstr("Pending: wait until a maintenance window opens: 2023-11-15T01:00:00")));
  EXPECT_THAT(steps(plan), Contains("Retiring StopReplica teal-shop-api-r1-0"));
}

TEST(Plan, OfWhatIsNotAllowedGoesNoFurther) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "3";
    spec.upgrade_policy.stops = {"2"};
  });
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_THAT(steps(plan), ElementsAre("Pending Wait shop"));
  EXPECT_THAT(plan.steps[0].message, HasSubstr("go to 2 first"));
  EXPECT_EQ(plan.revision, 2);
  ASSERT_EQ(plan.jobs.size(), 1u);
  EXPECT_TRUE(plan.jobs[0].needed);
}

TEST(Plan, OfWhatFailsEndsThereAndSaysWhy) {
  auto world = serving();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.migration.jobs[0].database = spec::DatabaseTarget{};
    spec.migration.jobs[0].database->host = "db";
    spec.migration.jobs[0].database->name = "shop";
  });
  auto facts = with_image();
  facts.databases["default"].findings = {
      {"ExtensionsPresent", spec::Reason::ExtensionMissing, "pg_trgm is missing", true, false}};
  const auto plan = make_plan(world.desired, world.record, facts, world.now);
  EXPECT_THAT(steps(plan), IsEmpty());
  EXPECT_THAT(plan.findings,
              Contains(HasSubstr("it would not succeed as things are: migration job default: pg_trgm is missing")));
  facts.databases["default"].findings[0].blocks = false;
  EXPECT_THAT(steps(make_plan(world.desired, world.record, facts, world.now)),
              Contains("Migrating RunMigration teal-shop-default-r2-1"));
  facts.databases["default"].done = true;
  EXPECT_THAT(steps(make_plan(world.desired, world.record, facts, world.now)),
              Contains("Migrating SkipMigration teal-shop-default-r2-1"));
}

TEST(Plan, OfWhatWasRolledBackWaitsForARetry) {
  auto world = serving();
  world.trouble.sick.insert("2");
  world.want("2");
  world.settle(std::chrono::hours{2});
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_THAT(waits(plan), ElementsAre("RolledBack: wait until somebody runs teal retry shop"));
  EXPECT_EQ(plan.revision, 3);
  EXPECT_THAT(steps(plan), Contains("Starting StartReplica teal-shop-api-r3-0"));
}

TEST(Plan, OfARolloutUnderWayIsWhatIsLeftOfIt) {
  auto world = serving();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  auto facts = with_image();
  facts.seen = std::make_shared<const rollout::Observed>(world.observe());
  const auto plan = make_plan(world.desired, world.record, facts, world.now);
  EXPECT_EQ(plan.revision, 2);
  EXPECT_EQ(
      plan.summary,
      "1 → 2: 0 migration jobs to run, 0 replicas to start, 2 to stop; revision 2 is under way, and this is what is "
      "left of it");
  EXPECT_THAT(steps(plan),
              ElementsAre("Withdrawing DetachServer server teal-shop-api-r1-0 in edge/shop_api",
                          "Retiring StopReplica teal-shop-api-r1-0", "Retiring StopReplica teal-shop-worker-r1-0"));
  ASSERT_EQ(plan.jobs.size(), 1u);
  EXPECT_FALSE(plan.jobs[0].needed) << "it has run";
}

TEST(Plan, OfADeletionIsTheEndOfAllThatRuns) {
  auto world = serving();
  world.desired.deleting = true;
  const auto plan = make_plan(world.desired, world.record, with_image(), world.now);
  EXPECT_EQ(plan.revision, 0);
  EXPECT_EQ(plan.summary, "deletion: 2 replicas to stop");
  EXPECT_THAT(steps(plan),
              testing::UnorderedElementsAre("Deleting DrainServer server teal-shop-api-r1-0 in edge/shop_api",
                                            "Deleting StopReplica teal-shop-api-r1-0",
                                            "Deleting StopReplica teal-shop-worker-r1-0"));
}

// A large one comes to its end within the bound.
TEST(Plan, OfFiveHundredReplicasIsWhole) {
  World world;
  auto& spec = world.desired.application.spec;
  const auto api = spec.components[0];
  spec.components.clear();
  for (int i = 0; i < 50; ++i) {
    spec.components.push_back(api);
    spec.components.back().name = "part" + std::to_string(i);
    spec.components.back().replicas = 10;
    spec.components.back().load_balancer->backend = "backend" + std::to_string(i);
  }
  auto record = rollout::next_rollout(world.desired, std::nullopt, world.now);
  record.course.target.image_id = record.course.target.image_digest = "id-1";
  record.course.active = record.course.target;
  record.standing.phase = spec::Phase::Complete;
  world.edit([](spec::ApplicationSpec& edited) { edited.version = "2"; });
  const auto begun = std::chrono::steady_clock::now();
  const auto plan = make_plan(world.desired, record, with_image(), world.now);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_EQ(plan.summary, "1 → 2: 1 migration job to run, 500 replicas to start, 500 to stop");
  EXPECT_THAT(plan.findings, IsEmpty());
}

TEST(ActionKey, NamesEachActionForPeopleAndApart) {
  const std::vector<rollout::Action> actions{
      rollout::PullImage{"shop:2"},
      rollout::CreateJob{2, "default", 1, "teal-shop-default-r2-1"},
      rollout::RunReplica{2, "api", 0, "teal-shop-api-r2-0"},
      rollout::StartContainer{"c1", "teal-shop-api-r2-0", 2, true},
      rollout::SendStop{"c1", "teal-shop-api-r2-0", "SIGTERM"},
      rollout::RemoveContainer{"c1", "teal-shop-api-r2-0", 2},
      rollout::AttachServer{"edge", "shop_api", "s", "127.0.0.1:1", {}},
      rollout::AdmitServer{"edge", "shop_api", "s"},
      rollout::DrainServer{"edge", "shop_api", "s"},
      rollout::DetachServer{"edge", "shop_api", "s", true},
  };
  std::vector<std::string> keys;
  for (const auto& action : actions) keys.push_back(key(action));
  EXPECT_THAT(keys, ElementsAre("pull shop:2", "create teal-shop-default-r2-1", "run teal-shop-api-r2-0",
                                "start teal-shop-api-r2-0", "stop teal-shop-api-r2-0", "remove teal-shop-api-r2-0",
                                "add server s in edge/shop_api", "enable server s in edge/shop_api",
                                "drain server s in edge/shop_api", "delete server s in edge/shop_api"));
}

}  // namespace
}  // namespace teal::test
