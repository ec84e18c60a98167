// The store is lost, or restored from a backup, while what it no longer knows of serves on.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

World at_version(const std::vector<std::string>& versions) {
  auto world = installed();
  for (const auto& version : versions) {
    world.want(version);
    world.settle();
  }
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  world.forget();
  return world;
}

void lose_store(World& world) {
  world.record.reset();
  world.desired.generation = 1;
  world.migrated.clear();
}

void run_until_it_migrates(World& world) {
  for (int i = 0; i < 100 && world.running("default").empty(); ++i) world.pass();
  ASSERT_THAT(world.running("default"), ElementsAre("teal-shop-default-r2-1"));
}

std::string told(const World& world, spec::Reason reason) {
  for (const auto& event : world.events) {
    if (event.reason == reason) return event.message;
  }
  return "";
}

TEST(OlderMemory, LostStoreTakesWhatServesForTheRevisionThatItIs) {
  auto world = at_version({"2"});
  lose_store(world);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.number, 2);
  EXPECT_THAT(world.performed, IsEmpty()) << "what is wanted is there";
  EXPECT_THAT(told(world, spec::Reason::Adopted), HasSubstr("revision 2 (version 2"));
  EXPECT_TRUE(world.migrated.contains("default@digest-2")) << "a replica of it proves that its migration is done";
  EXPECT_EQ(world.fewest_up, 2);
}

TEST(OlderMemory, LostStoreRollsOutAnotherVersionBesideWhatServes) {
  auto world = at_version({});
  lose_store(world);
  world.want("2");
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.number, 2);
  EXPECT_EQ(world.record->course.from_version, "1");
  EXPECT_GE(world.fewest_up, 2) << "what serves stays until the new one takes over";
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r2-0", "teal-shop-api-r2-1"));
  EXPECT_THAT(world.running("worker"), ElementsAre("teal-shop-worker-r2-0"));
}

TEST(OlderMemory, WhatServesStaysWhileTheLostStoresRolloutWaitsForApproval) {
  auto world = at_version({});
  lose_store(world);
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.approval = spec::Approval::BeforeMigration;
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::AwaitingApproval);
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.fewest_up, 2);
  world.kill("teal-shop-api-r1-0", 1);
  world.settle();
  EXPECT_EQ(world.up(), 2) << "one that dies is replaced by its like";
  EXPECT_EQ(world.find("teal-shop-api-r1-0")->image_id, "id-1");
}

TEST(OlderMemory, LostStoreWithTheSameTagOnAnotherImageRollsThatOut) {
  auto world = at_version({});
  lose_store(world);
  for (auto& one : world.boxes) one.seen.image_id = "id-moved";
  world.settle();
  EXPECT_EQ(world.record->course.target.number, 2);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_GE(world.fewest_up, 2);
}

TEST(OlderMemory, LostStoreInEachPhaseOfARolloutGoesOnWithoutASecondMigrationBesideReplicas) {
  for (const auto phase : {spec::Phase::Migrating, spec::Phase::Starting, spec::Phase::Introducing,
                           spec::Phase::Verifying, spec::Phase::Withdrawing, spec::Phase::Retiring}) {
    SCOPED_TRACE(to_string(phase));
    auto world = at_version({});
    world.want("2");
    ASSERT_TRUE(world.run_to(phase));
    world.pass();
    const bool has_replicas =
        !world.running("api").empty() && world.running("api").back().find("-r2-") != std::string::npos;
    lose_store(world);
    world.watch_traffic();
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::Complete);
    EXPECT_EQ(world.record->course.active->application.spec.version, "2");
    EXPECT_THAT(world.running("api"), testing::SizeIs(2));
    EXPECT_THAT(world.running("worker"), testing::SizeIs(1));
    EXPECT_GE(world.fewest_up, 2);
    if (has_replicas) EXPECT_EQ(world.job_starts["default"], 1);
    EXPECT_FALSE(world.migrators_met);
  }
}

TEST(OlderMemory, LostStoreWatchesTheMigrationThatRunsLikeItsOwn) {
  auto world = at_version({});
  world.jobs_that_hang.insert("default");
  world.want("2");
  run_until_it_migrates(world);
  lose_store(world);
  for (int i = 0; i < 2; ++i) world.pass();  // a third would come when its time is over
  EXPECT_EQ(world.phase(), spec::Phase::Migrating);
  EXPECT_EQ(world.job_starts["default"], 1);
  world.jobs_that_hang.clear();
  world.kill("teal-shop-default-r2-1", 0);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.job_starts["default"], 1);
}

TEST(OlderMemory, AMigrationOfAnotherVersionHoldsEverythingUntilAPersonHasLooked) {
  auto world = at_version({});
  world.jobs_that_hang.insert("default");
  world.want("2");
  run_until_it_migrates(world);
  lose_store(world);
  world.want("3");
  for (int i = 0; i < 5; ++i) world.pass();
  EXPECT_EQ(world.why.reason, spec::Reason::MigrationStillRunning);
  world.kill("teal-shop-default-r2-1", 0);
  for (int i = 0; i < 5; ++i) world.pass();
  EXPECT_EQ(world.why.reason, spec::Reason::MemoryOlderThanWorld);
  EXPECT_THAT(world.why.message, HasSubstr("teal-shop-default-r2-1 has run"));
  EXPECT_EQ(world.up(), 2);
  std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.unit == "default"; });
  world.jobs_that_hang.clear();
  world.settle();
  EXPECT_EQ(world.record->course.active->application.spec.version, "3");
}

TEST(OlderMemory, NothingIsDecidedBeforeTheLoadBalancerSaysWhatServes) {
  auto world = at_version({"2"});
  lose_store(world);
  world.balancer_down = true;
  for (int i = 0; i < 5; ++i) world.pass();
  EXPECT_FALSE(world.record);
  EXPECT_EQ(world.why.reason, spec::Reason::LoadBalancerUnavailable);
  world.balancer_down = false;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

struct Backup {
  records::ApplicationRecord desired;
  std::optional<records::RolloutRecord> record;
  std::set<std::string> migrated;
};

TEST(OlderMemory, RestoredStoreAdoptsTheNewerVersionThatServes) {
  auto world = at_version({});
  const Backup backup{world.desired, world.record, world.migrated};
  world.want("2");
  world.settle();
  const auto wanted = world.desired;
  world.performed.clear();
  world.job_starts.clear();
  world.watch_traffic();
  world.record = backup.record;
  world.migrated = backup.migrated;
  world.desired = backup.desired;
  world.desired.application = wanted.application;  // the manifest on disk is as new as the world
  world.desired.generation += 1;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.active->number, 2);
  EXPECT_THAT(world.performed, IsEmpty());
  EXPECT_THAT(told(world, spec::Reason::MemoryOlderThanWorld), HasSubstr("revision 1, and revision 2 exists"));
}

TEST(OlderMemory, RestoredStoreStartsNoOldVersionBesideANewerSchemaUnasked) {
  auto world = at_version({});
  const Backup backup{world.desired, world.record, world.migrated};
  world.want("2");
  world.settle();
  world.performed.clear();
  world.watch_traffic();
  world.record = backup.record;
  world.migrated = backup.migrated;
  world.desired = backup.desired;  // as it came through the API
  world.settle();
  EXPECT_EQ(world.record->course.active->number, 2);
  EXPECT_THAT(world.performed, IsEmpty());
  EXPECT_EQ(world.up(), 2);
  EXPECT_THAT(told(world, spec::Reason::MemoryOlderThanWorld),
              HasSubstr("asks for 1, which may be as old as this memory and is not rolled out by itself"));
  world.kill("teal-shop-worker-r2-0", 1);
  world.settle();
  EXPECT_EQ(world.find("teal-shop-worker-r2-0")->image_id, "id-2") << "what dies is replaced by its like";

  auto asked = world;
  records::VerbRequest request;
  request.verb = records::Verb::Retry;
  auto outcome = rollout::apply_verb(*asked.record, request, asked.now);
  ASSERT_TRUE(outcome);
  asked.record = outcome->next;
  asked.settle();
  EXPECT_EQ(asked.record->course.active->application.spec.version, "1") << "a person asked for it";

  world.want("2");
  world.settle();
  EXPECT_EQ(world.record->course.active->number, 2) << "the manifest of what serves needs no rollout";
}

TEST(OlderMemory, RestoredStoreRollsOutWhatWasSavedSince) {
  auto world = at_version({});
  const Backup backup{world.desired, world.record, world.migrated};
  world.want("2");
  world.settle();
  world.record = backup.record;
  world.migrated = backup.migrated;
  world.desired = backup.desired;
  world.want("3");
  world.watch_traffic();
  world.settle();
  EXPECT_EQ(world.record->course.active->number, 3);
  EXPECT_EQ(world.record->course.from_version, "2");
  EXPECT_GE(world.fewest_up, 2);
}

TEST(OlderMemory, StoreRestoredToBeforeTheMigrationKnowsByTheReplicasThatItIsDone) {
  for (const auto& [strategy, phase] : {std::pair{spec::Strategy::BlueGreen, spec::Phase::Migrating},
                                        std::pair{spec::Strategy::Recreate, spec::Phase::Withdrawing}}) {
    SCOPED_TRACE(to_string(phase));
    auto world = at_version({});
    world.edit([way = strategy](spec::ApplicationSpec& spec) {
      spec.version = "2";
      spec.rollout.strategy = way;
    });
    ASSERT_TRUE(world.run_to(phase));
    const Backup backup{world.desired, world.record, world.migrated};
    world.settle();
    ASSERT_EQ(world.phase(), spec::Phase::Complete);
    world.record = backup.record;
    world.migrated = backup.migrated;
    world.job_starts.clear();
    world.watch_traffic();
    world.settle();
    EXPECT_EQ(world.phase(), spec::Phase::Complete);
    EXPECT_EQ(world.record->course.active->number, 2);
    EXPECT_EQ(world.job_starts["default"], 0);
    EXPECT_EQ(world.fewest_up, 2);
  }
}

}  // namespace
}  // namespace teal::test
