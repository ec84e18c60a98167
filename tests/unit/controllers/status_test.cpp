// What a user reads, at 3 a.m. too.
#include "controllers/status/make_status.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

objects::ApplicationStatus status_of(World& world, const objects::ApplicationStatus& before = {}) {
  return status::make_status(world.desired, world.record, world.observe(), world.why, before, world.now);
}

const objects::Condition& condition(const objects::ApplicationStatus& status, const std::string& type) {
  static const objects::Condition none{};
  const auto found = std::ranges::find(status.conditions, type, &objects::Condition::type);
  EXPECT_NE(found, status.conditions.end()) << type;
  return found == status.conditions.end() ? none : *found;
}

World rolled_back() {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.want("2");
  world.settle(30min);
  return world;
}

TEST(Status, BeforeTheFirstRollout) {
  World world;
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Progressing");
  EXPECT_EQ(status.observed_generation, 0);
  EXPECT_EQ(status.rollout, "");
  world.desired.application.spec.suspend = true;
  EXPECT_EQ(status_of(world).phase, "Suspended");
  EXPECT_EQ(status_of(world).observed_generation, 1);
}

TEST(Status, NamesTheCertificateOfARouteThatEndsSoonAndInHowManyDays) {
  auto world = installed();
  auto seen = world.observe();
  const auto shown = [&] { return status::make_status(world.desired, world.record, seen, world.why, {}, world.now); };
  const auto has_one = [&] {
    const auto conditions = shown().conditions;
    return std::ranges::find(conditions, "Certificates", &objects::Condition::type) != conditions.end();
  };
  EXPECT_FALSE(has_one());
  seen.certificates["shop.example.com"] = {"/etc/teal/certificates/shop.pem", {}, world.now + std::chrono::days{20}};
  EXPECT_EQ(condition(shown(), "Certificates").status, "True");
  seen.certificates["shop.example.com"].expires = world.now + std::chrono::days{9} + 1h;
  EXPECT_EQ(condition(shown(), "Certificates").status, "False");
  EXPECT_EQ(condition(shown(), "Certificates").reason, spec::Reason::CertificateEndsSoon);
  EXPECT_THAT(condition(shown(), "Certificates").message,
              testing::AllOf(HasSubstr("/etc/teal/certificates/shop.pem of shop.example.com ends at"),
                             HasSubstr("(in 9 days)")));
  seen.certificates["shop.example.com"].expires = world.now - 1h;
  EXPECT_EQ(condition(shown(), "Certificates").reason, spec::Reason::CertificateEnded);
}

TEST(Status, HealthyWhenEveryReplicaIsReadyAndInTraffic) {
  auto world = installed();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Healthy");
  EXPECT_EQ(status.message, "3 of 3 replicas of version 1 are ready");
  EXPECT_EQ(status.active_version, "1");
  EXPECT_EQ(status.active_revision, 1);
  EXPECT_EQ(status.observed_generation, 1);
  EXPECT_EQ(status.rollout, "shop-1");
  for (const auto* type : {"Ready", "Migrated", "Verified", "Drained", "ManifestAccepted"}) {
    EXPECT_EQ(condition(status, type).status, "True") << type;
  }
  EXPECT_EQ(condition(status, "Progressing").status, "False");
  ASSERT_EQ(status.components.size(), 2u);
  EXPECT_EQ(status.components[0].ready, 2);
  EXPECT_EQ(status.components[0].replicas[0].load_balancer, "Up");
  EXPECT_EQ(status.components[0].replicas[0].health, "healthy: 200");
  EXPECT_EQ(status.components[1].replicas[0].health, "running");
}

TEST(Status, NamesTheServerOfAReplicaWhereTheLoadBalancerCallsItOtherwise) {
  auto world = installed();
  world.slots[0].seen.slot = "teal-shop-api-r0-4";
  const auto replicas = status_of(world).components[0].replicas;
  EXPECT_EQ(replicas[0].name, world.slots[0].seen.name);
  EXPECT_EQ(replicas[0].server, "teal-shop-api-r0-4");
  EXPECT_EQ(replicas[1].server, "");
}

TEST(Status, SaysWhatTheEngineDoesNotTellOfAReplica) {
  auto world = installed();
  auto* api = world.find("teal-shop-api-r1-0");
  ASSERT_NE(api, nullptr);
  api->engine_error = "the engine says nothing of it";
  const auto status = status_of(world);
  EXPECT_EQ(status.components[0].replicas[0].health, "healthy: 200; the engine says nothing of it");
  EXPECT_EQ(status.components[0].ready, 2) << "it runs, and is healthy";
}

TEST(Status, ReplicaThatIsAskedToStopIsNotReady) {
  auto world = installed();
  const auto* worker = world.find("teal-shop-worker-r1-0");
  ASSERT_NE(worker, nullptr);
  world.record->leaving.stopping[worker->id] = records::StopRecord{world.now};
  const auto status = status_of(world);
  EXPECT_EQ(status.components[1].replicas[0].state, "Stopping");
  EXPECT_EQ(status.components[1].ready, 0) << "it still runs, but nobody may rely on it";
}

TEST(Status, WhatALoadBalancerThatDoesNotAnswerKnowsIsUnknown) {
  auto world = installed();
  world.balancer_down = true;
  const auto status = status_of(world);
  EXPECT_EQ(status.components[0].replicas[0].load_balancer, "Unknown") << "nobody said that it is not registered";
  EXPECT_EQ(status.components[0].ready, 0);
}

TEST(Status, DegradedWhenAReplicaIsOutOfTraffic) {
  auto world = installed();
  world.slots[0].verdict = false;
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Degraded");
  EXPECT_EQ(condition(status, "Ready").status, "False");
  EXPECT_EQ(status.components[0].replicas[0].load_balancer, "Down");
}

TEST(Status, ProgressingNamesWhatIsWaitedFor) {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.want("2");
  EXPECT_EQ(status_of(world).observed_generation, 1) << "the new spec has not been looked at yet";
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  for (int i = 0; i < 2; ++i) world.pass();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Progressing");
  EXPECT_EQ(status.observed_generation, 2);
  EXPECT_THAT(status.message, HasSubstr("waiting for api replica 0 of revision 2 to answer /api/v1/health/check_up"));
  EXPECT_THAT(status.message, HasSubstr("503: database unreachable"));
  EXPECT_EQ(condition(status, "Progressing").status, "True");
  EXPECT_EQ(condition(status, "Migrated").status, "True");
  EXPECT_EQ(condition(status, "Verified").status, "False");
  EXPECT_EQ(status.active_version, "1");
}

TEST(Status, AfterTheCutoverTheNewVersionIsTheOneThatTakesTraffic) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = 1h;
  });
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  EXPECT_EQ(status_of(world).active_version, "1");
  ASSERT_TRUE(world.run_to(spec::Phase::Retiring));
  const auto status = status_of(world);
  EXPECT_EQ(status.active_version, "2");
  EXPECT_EQ(status.active_revision, 2);
  EXPECT_EQ(status.phase, "Progressing");
  EXPECT_THAT(status.message, HasSubstr("old replicas"));
}

TEST(Status, RecreateClaimsNoVerificationBeforeThereWasOne) {
  World world;
  world.desired.application.spec.rollout.strategy = spec::Strategy::Recreate;
  world.settle();
  world.jobs_that_hang.insert("default");
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Migrating));
  const auto status = status_of(world);
  EXPECT_EQ(condition(status, "Verified").status, "False");
  EXPECT_EQ(condition(status, "Ready").status, "False");
}

TEST(Status, AwaitingApprovalSaysHowToGiveIt) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeMigration;
  });
  world.settle();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "AwaitingApproval");
  EXPECT_THAT(status.message, HasSubstr("teal approve shop"));
}

TEST(Status, PausedSaysWhyAndWhatCanBeDone) {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.on_failure = spec::OnFailure::Pause;
  });
  world.settle(30min);
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Paused");
  EXPECT_THAT(status.message, HasSubstr("503: database unreachable"));
  EXPECT_THAT(
      status.message,
      HasSubstr("teal retry shop tries that again, teal resume shop continues unchanged, teal abort shop goes back"));
}

TEST(Status, RolledBackSaysWhatServesWhyAndWhatCanBeDone) {
  auto world = rolled_back();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Degraded");
  EXPECT_EQ(status.active_version, "1");
  EXPECT_THAT(status.message, HasSubstr("2 was rolled back, 1 keeps serving: api replica 0 of revision 2 did not "
                                        "become healthy within 2m"));
  EXPECT_THAT(status.message, HasSubstr("teal retry shop"));
  EXPECT_EQ(condition(status, "Ready").status, "True");
}

TEST(Status, RolledBackToSomethingThatIsDownClaimsNotThatItServes) {
  auto world = rolled_back();
  world.failing_actions["run teal-shop"] = 100000;
  world.kill("teal-shop-api-r1-0");
  world.kill("teal-shop-api-r1-1");
  for (int i = 0; i < 3; ++i) world.pass();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Degraded");
  EXPECT_THAT(status.message, Not(HasSubstr("keeps serving"))) << "O5";
  EXPECT_THAT(status.message, HasSubstr("api replica 0 of revision 1"));
  EXPECT_EQ(condition(status, "Ready").status, "False");
}

TEST(Status, ScalingAfterARollbackDoesNotHideIt) {
  auto world = rolled_back();
  world.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle();
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Degraded");
  EXPECT_EQ(status.observed_generation, 3);
  EXPECT_THAT(status.message, HasSubstr("2 was rolled back"));
}

TEST(Status, InstallationThatFailed) {
  World world;
  world.trouble.sick.insert("1");
  world.settle(30min);
  const auto status = status_of(world);
  EXPECT_EQ(status.phase, "Degraded");
  EXPECT_EQ(status.active_version, "");
  EXPECT_THAT(status.message, HasSubstr("1 could not be installed"));
}

TEST(Status, FailedMigrationIsACondition) {
  auto world = installed();
  world.job_ends = [](world::Container container) {
    container.exit_code = 3;
    return container;
  };
  world.want("2");
  world.settle(30min);
  const auto status = status_of(world);
  EXPECT_EQ(condition(status, "Migrated").status, "False");
  EXPECT_EQ(condition(status, "Migrated").reason, spec::Reason::MigrationFailed);
  EXPECT_THAT(status.message, HasSubstr("failed with exit code 3: last words of teal-shop-default-r2-3"));
}

TEST(Status, RefusedManifestAndOrphanAreSaidBesideTheRest) {
  auto world = installed();
  world.desired.problem = "/m/shop.yaml:3:1: unknown key";
  auto status = status_of(world);
  EXPECT_EQ(status.phase, "Healthy");
  EXPECT_THAT(status.message, HasSubstr("the one before stays in force: /m/shop.yaml:3:1: unknown key"));
  EXPECT_EQ(condition(status, "ManifestAccepted").status, "False");
  world.desired.problem.clear();
  world.desired.orphaned = true;
  world.desired.file = "/m/shop.yaml";
  status = status_of(world);
  EXPECT_THAT(status.message, HasSubstr("/m/shop.yaml is gone"));
  EXPECT_EQ(condition(status, "Orphaned").status, "True");
  world.desired.deleting = true;
  status = status_of(world);
  EXPECT_THAT(status.message, Not(HasSubstr("is gone"))) << "whoever deletes it need not be told how to";
  EXPECT_EQ(std::ranges::find(status.conditions, "Orphaned", &objects::Condition::type), status.conditions.end());
}

TEST(Status, ConditionsKeepTheTimeOfTheirLastChange) {
  auto world = installed();
  const auto first = status_of(world);
  const auto then = world.now;
  world.now += 1h;
  auto later = status_of(world, first);
  EXPECT_EQ(condition(later, "Ready").last_transition, then);
  world.slots[0].verdict = false;
  later = status_of(world, first);
  EXPECT_EQ(condition(later, "Ready").last_transition, world.now);
}

TEST(Status, WorldThatCannotBeSeenIsUnknownNotWorse) {
  auto world = installed();
  const auto before = status_of(world);
  const auto status = status::unobserved_status(
      world.desired, {spec::Reason::NotObserved, "engine: connection refused"}, before, world.now);
  EXPECT_EQ(status.phase, "Degraded");
  EXPECT_EQ(status.active_version, "1");
  EXPECT_EQ(status.message, "engine: connection refused");
  EXPECT_EQ(condition(status, "Ready").status, "Unknown");
  EXPECT_EQ(condition(status, "Migrated").status, "True");
}

TEST(Status, GaugesTellIncomingFromOutgoing) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  const auto count = [&](const std::string& role) {
    const auto gauges = status::make_gauges(world.record, status_of(world));
    int sum = 0;
    for (const auto& one : gauges.replicas) sum += one.component == "api" && one.role == role ? one.count : 0;
    return sum;
  };
  EXPECT_EQ(count("active"), 2);
  EXPECT_EQ(count("incoming"), 2);
  ASSERT_TRUE(world.run_to(spec::Phase::Withdrawing));
  EXPECT_EQ(count("active"), 2);
  EXPECT_EQ(count("outgoing"), 2);
}

}  // namespace
}  // namespace teal::test
