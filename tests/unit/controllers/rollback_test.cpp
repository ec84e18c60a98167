// `teal rollback`: before the old replicas leave, while they are kept, and long after.
#include "controllers/rollout/rollback.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "controllers/record_json.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

World installed() {
  World world;
  world.settle();
  return world;
}

void upgrade(World& world, const std::string& version) {
  world.edit([&](ApplicationSpec& spec) { spec.version = version; });
  world.settle(1h);
}

std::vector<RolloutRecord> history_of(const World& world) {
  std::vector<RolloutRecord> all{*world.record};
  all.insert(all.end(), world.history.rbegin(), world.history.rend());
  return all;
}

Result<RollbackChoice> choose(const World& world, std::optional<int> to = std::nullopt) {
  return choose_rollback(world.desired, *world.record, history_of(world), to);
}

// As the reconciler does; what is remembered goes through the store's form, as over a restart.
Result<void> ask(World& world, std::optional<int> to = std::nullopt) {
  const auto choice = choose(world, to);
  if (!choice) return choice.error();
  const auto outcome = roll_back(*world.record, *choice, {Verb::Rollback, to, "ann"}, world.now);
  if (!outcome) return outcome.error();
  world.events.push_back(outcome->event);
  world.record = *rollout_record_from_json(boost::json::serialize(to_json(outcome->next)));
  return {};
}

std::string refusal(const World& world, std::optional<int> to = std::nullopt) {
  const auto choice = choose(world, to);
  return choice ? "accepted" : choice.error().message;
}

void verb(World& world, Verb one) {
  const auto outcome = apply_verb(*world.record, {one, std::nullopt, "ann"}, world.now);
  ASSERT_TRUE(outcome) << outcome.error().message;
  world.record = outcome->next;
}

TEST(Rollback, IsARolloutOfItsOwnWithTheOlderSpecAndImage) {
  auto world = installed();
  upgrade(world, "2");
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_EQ(world.phase(), Phase::Complete);
  EXPECT_EQ(world.record->target.number, 3);
  EXPECT_EQ(world.record->active->application.spec.version, "1");
  EXPECT_EQ(world.record->active->image_id, "id-1");
  ASSERT_TRUE(world.record->rollback);
  EXPECT_EQ(world.record->rollback->to_revision, 1);
  EXPECT_EQ(world.record->rollback->by, "ann");
  EXPECT_GE(world.fewest_up, 2) << "no request is lost on the way back either";
  EXPECT_EQ(world.job_starts["default"], 2) << "the older version's migration is not run again";
  EXPECT_EQ(world.record->jobs.front().state, JobState::NotNeeded);
  EXPECT_TRUE(world.has_event("RollbackAsked"));
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r3-0", "teal-shop-api-r3-1"));
}

TEST(Rollback, SpecInForceIsNotTriedAgainUntilItChanges) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(24h);
  EXPECT_EQ(world.record->target.number, 3);
  upgrade(world, "3");
  EXPECT_EQ(world.record->target.number, 4);
  EXPECT_EQ(world.record->active->application.spec.version, "3");
}

TEST(Rollback, ScalingTheShelvedSpecScalesWhatServes) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  world.edit([](ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(1h);
  EXPECT_EQ(world.record->target.number, 3) << "version 2 stays shelved";
  EXPECT_EQ(world.record->active->application.spec.version, "1");
  EXPECT_EQ(world.up(), 3);
}

TEST(Rollback, ScalingDuringItDoesNotSupersedeIt) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  ASSERT_TRUE(world.run_to(Phase::Starting));
  world.edit([](ApplicationSpec& spec) { spec.components[0].replicas = 3; });
  world.settle(1h);
  EXPECT_EQ(world.record->active->application.spec.version, "1");
  EXPECT_EQ(world.record->target.number, 3);
  EXPECT_EQ(world.up(), 3);
}

TEST(Rollback, RetryAfterwardsTriesTheShelvedSpecAgain) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  verb(world, Verb::Retry);
  world.settle(1h);
  EXPECT_EQ(world.record->target.number, 4);
  EXPECT_EQ(world.record->active->application.spec.version, "2");
  EXPECT_FALSE(world.record->rollback);
}

TEST(Rollback, SpecThatIsChangedToWhatRunsIsTakenOverInPlace) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  world.edit([](ApplicationSpec& spec) { spec.version = "1"; });
  world.settle(1h);
  EXPECT_EQ(world.record->target.number, 3);
  EXPECT_FALSE(apply_verb(*world.record, {Verb::Retry, std::nullopt, "ann"}, world.now)) << "nothing is shelved";
}

TEST(Rollback, KeepsTodaysNumberOfReplicas) {
  auto world = installed();
  upgrade(world, "2");
  world.edit([](ApplicationSpec& spec) { spec.components[0].replicas = 5; });
  world.settle(1h);
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_EQ(world.up(), 5);
  EXPECT_EQ(world.fewest_up, 5);
}

TEST(Rollback, TwiceGoesForwardAgainAsKubectlDoes) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_EQ(world.record->active->application.spec.version, "2");
  EXPECT_EQ(world.record->target.number, 4);
  EXPECT_EQ(world.record->rollback->to_revision, 2);
}

TEST(Rollback, ToAChosenRevision) {
  auto world = installed();
  upgrade(world, "2");
  upgrade(world, "3");
  ASSERT_TRUE(ask(world, 1));
  world.settle(1h);
  EXPECT_EQ(world.record->active->application.spec.version, "1");
  EXPECT_EQ(world.record->rollback->to_revision, 1);
}

TEST(Rollback, RefusesWhatMakesNoSense) {
  auto world = installed();
  EXPECT_THAT(refusal(world), HasSubstr("there is no revision before revision 1 (1)"));
  EXPECT_THAT(refusal(world, 1), HasSubstr("revision 1 (1) is what runs"));
  EXPECT_EQ(choose(world, 9).error().code, ErrorCode::not_found);
  EXPECT_THAT(refusal(world, 9), HasSubstr("revision 9 of shop is not on record"));
  world.sick_versions.insert("2");
  upgrade(world, "2");
  ASSERT_EQ(world.phase(), Phase::RolledBack);
  EXPECT_THAT(refusal(world, 2), HasSubstr("revision 2 (2) was never complete (RolledBack)"));
  upgrade(world, "3");
  ASSERT_EQ(world.phase(), Phase::Complete);
  EXPECT_THAT(refusal(world, 9), HasSubstr("it can go back to revision 1 (1)"));
  EXPECT_EQ(choose(world)->to.number, 1) << "the one before that was ever complete";
  ASSERT_TRUE(ask(world));
  EXPECT_THAT(refusal(world), HasSubstr("asked to roll back already"));
}

TEST(Rollback, SameSpecUnderAnotherNumberIsNoWayBack) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_THAT(refusal(world, 1), HasSubstr("revision 1 (1) is the same as what runs (revision 3 (1))"));
}

TEST(Rollback, BeforeTheOldLeaveIsAnAbort) {
  for (const auto phase : {Phase::Migrating, Phase::Starting, Phase::Introducing, Phase::Verifying}) {
    auto world = installed();
    world.edit([](ApplicationSpec& spec) { spec.version = "2"; });
    ASSERT_TRUE(world.run_to(phase));
    world.watch_traffic();
    EXPECT_THAT(refusal(world, 7), HasSubstr("it can only go back to revision 1 (1)"));
    ASSERT_TRUE(ask(world)) << to_string(phase);
    world.settle(1h);
    EXPECT_EQ(world.phase(), Phase::RolledBack);
    EXPECT_EQ(world.record->failure, "aborted by ann");
    EXPECT_GE(world.fewest_up, 2);
    EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
  }
}

TEST(Rollback, WhileTheOldAreKeptTheyTakeTheTrafficBackWithoutANewContainer) {
  auto world = installed();
  world.edit([](ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.keep_old = 1h;
  });
  for (int i = 0; i < 300 && world.why.reason != "KeepingOld"; ++i) world.pass();
  ASSERT_EQ(world.why.reason, "KeepingOld");
  world.watch_traffic();
  world.performed.clear();
  ASSERT_TRUE(ask(world));
  world.settle(30min);
  EXPECT_EQ(world.phase(), Phase::RolledBack);
  EXPECT_EQ(world.record->failure, "rolled back by ann");
  EXPECT_THAT(world.performed, Each(Not(HasSubstr("run teal-shop")))) << "nothing has to boot";
  EXPECT_GE(world.fewest_up, 2) << "the new leave once the old serve";
  EXPECT_THAT(world.running("api"), ElementsAre("teal-shop-api-r1-0", "teal-shop-api-r1-1"));
  EXPECT_EQ(world.up(), 2);
  EXPECT_EQ(world.record->active->number, 1);
  world.settle(24h);
  EXPECT_EQ(world.record->target.number, 2) << "not tried again by itself";
}

// A replica that was asked to stop runs on for a while; it must not get traffic that dies with it.
TEST(Rollback, OldReplicasThatWereAskedToStopAreReplacedNotRegistered) {
  auto world = installed();
  world.ignores_stop = true;
  world.edit([](ApplicationSpec& spec) { spec.version = "2"; });
  for (int i = 0; i < 300 && world.record->stopping.size() < 2; ++i) world.pass();
  ASSERT_EQ(world.phase(), Phase::Retiring);
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  for (int i = 0; i < 5; ++i) {
    world.pass();
    for (const auto& server : world.servers) EXPECT_THAT(server.name, Not(HasSubstr("r1")));
  }
  world.ignores_stop = false;
  for (const auto* name : {"teal-shop-api-r1-0", "teal-shop-api-r1-1", "teal-shop-worker-r1-0"}) {
    if (world.find(name)) world.kill(name, 0);
  }
  world.settle(1h);
  EXPECT_EQ(world.phase(), Phase::RolledBack);
  EXPECT_GE(world.fewest_up, 2);
  EXPECT_EQ(world.up(), 2);
  EXPECT_TRUE(world.record->restarts.empty()) << "an end that was asked for is no crash";
}

TEST(Rollback, ThatFailsStaysWithWhatServesAndIsNotRolledBackItself) {
  auto world = installed();
  upgrade(world, "2");
  world.crashing_versions.insert("1");
  world.watch_traffic();
  ASSERT_TRUE(ask(world));
  world.settle(24h);
  EXPECT_EQ(world.phase(), Phase::Failed);
  EXPECT_EQ(world.record->target.number, 3);
  EXPECT_EQ(world.record->active->application.spec.version, "2");
  EXPECT_GE(world.fewest_up, 2);
  world.crashing_versions.clear();
  verb(world, Verb::Retry);
  world.settle(1h);
  EXPECT_EQ(world.record->active->application.spec.version, "1") << "retry tries the rollback again";
  EXPECT_EQ(world.record->rollback->to_revision, 1);
}

TEST(Rollback, OfARollbackIsAnAbortThatStaysWithWhatServes) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  ASSERT_TRUE(world.run_to(Phase::Starting));
  EXPECT_THAT(refusal(world), HasSubstr("it is a rollback itself: teal abort shop stays with revision 2 (2)"));
  verb(world, Verb::Abort);
  world.settle(1h);
  EXPECT_EQ(world.phase(), Phase::Failed);
  EXPECT_EQ(world.record->active->application.spec.version, "2");
}

TEST(Rollback, WaitsForNoWindowNoApprovalNoBakeAndKeepsNothing) {
  auto world = installed();
  world.edit([](ApplicationSpec& spec) {
    spec.rollout.bake = 2h;
    spec.rollout.keep_old = 2h;
    spec.rollout.approval = Approval::BeforeCutover;
  });
  world.settle(1h);
  world.edit([](ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.bake = 1s;
    spec.rollout.keep_old = 0s;
    spec.rollout.approval = Approval::None;
  });
  world.settle(1h);
  ASSERT_EQ(world.phase(), Phase::Complete);
  world.desired.application.spec.rollout.windows = {Window{{}, 0, 1, "UTC"}};
  ASSERT_TRUE(ask(world));
  const auto begun = world.now;
  world.settle(1h);
  EXPECT_EQ(world.phase(), Phase::Complete);
  EXPECT_LT(*world.record->finished_at - begun, 1h);
}

TEST(Rollback, SaysThatTheSchemaStays) {
  auto world = installed();
  upgrade(world, "2");
  ASSERT_TRUE(ask(world));
  world.settle(1h);
  EXPECT_THAT(world.record->rollback->note,
              HasSubstr("the schema stays as revision 2 (2) left it: migrations are never undone"));
  EXPECT_TRUE(world.has_event("SchemaStays"));
}

TEST(Rollback, AutomaticOneSaysThatTheSchemaStays) {
  auto world = installed();
  world.sick_versions.insert("2");
  upgrade(world, "2");
  ASSERT_EQ(world.phase(), Phase::RolledBack);
  EXPECT_TRUE(world.has_event("SchemaStays"));
}

class Trains : public testing::Test {
 protected:
  Trains() {
    world_.desired.application.spec.upgrade_policy.train = 2;
    world_.desired.application.spec.version = "2025.2.0";
    world_.settle();
  }
  void to(const std::string& version) {
    world_.edit([&](ApplicationSpec& spec) {
      spec.version = version;
      spec.upgrade_policy.acknowledged = version;
    });
    world_.settle(1h);
    ASSERT_EQ(world_.record->active->application.spec.version, version) << world_.why.message;
  }
  World world_;
};

TEST_F(Trains, DowngradeWithinTheTrainIsAllowed) {
  to("2025.2.1");
  ASSERT_TRUE(ask(world_));
  world_.settle(1h);
  EXPECT_EQ(world_.record->active->application.spec.version, "2025.2.0");
}

TEST_F(Trains, SchemaOfALaterTrainRefusesAndNamesTheWayForward) {
  to("2025.3.0");
  const auto refused = choose(world_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("revision 1 (2025.2.0) does not fit the schema any more"));
  EXPECT_THAT(refused.error().message, HasSubstr("set spec.version to a mended release of 2025.3"));
  to("2025.3.1");
  EXPECT_THAT(refusal(world_, 1), HasSubstr("go back to revision 2 (2025.3.0) (teal rollback shop --to-revision 2)"));
  ASSERT_TRUE(ask(world_)) << "the one before is of the same train";
}

TEST_F(Trains, MigrationOfAVersionThatWasRolledBackCountsToo) {
  world_.sick_versions.insert("2025.3.0");
  to("2025.2.1");
  world_.edit([](ApplicationSpec& spec) {
    spec.version = "2025.3.0";
    spec.upgrade_policy.acknowledged = "2025.3.0";
  });
  world_.settle(1h);
  ASSERT_EQ(world_.phase(), Phase::RolledBack);
  EXPECT_THAT(refusal(world_), HasSubstr("revision 3 (2025.3.0) migrated it"));
}

TEST_F(Trains, TrainThatIsDeclaredCompatibleIsAllowedWithTheNote) {
  to("2025.3.0");
  world_.edit([](ApplicationSpec& spec) { spec.upgrade_policy.outside_train = OutsideTrain::BlueGreen; });
  world_.settle(1h);
  ASSERT_TRUE(ask(world_));
  world_.settle(1h);
  EXPECT_EQ(world_.record->active->application.spec.version, "2025.2.0");
  EXPECT_NE(world_.record->rollback->note, "");
}

TEST_F(Trains, WithoutAnyMigrationNothingStandsInTheWay) {
  world_.edit([](ApplicationSpec& spec) { spec.migration.jobs.clear(); });
  world_.settle(1h);
  to("2025.3.0");
  EXPECT_EQ(choose(world_)->note, "");
}

}  // namespace
}  // namespace teal::test
