// What ends a job that neither its timeout nor its stop signal has ended: killAfter of the manifest, and an admin's
// word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// A job that hangs and heeds no signal, at the moment when its stop was decided.
World with_a_deaf_job(std::optional<Duration> kill_after = std::nullopt) {
  World world;
  world.settle();
  world.jobs_that_hang.insert("default");
  world.trouble.stubborn = true;
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.migration.kill_after = kill_after;
  });
  for (int i = 0; i < 500 && world.running("default").empty(); ++i) world.pass();
  for (int i = 0; i < 500 && world.record->leaving.stopping.empty(); ++i) world.pass();
  return world;
}

Result<void> end_job(World& world) {
  records::VerbRequest request;
  request.verb = records::Verb::EndJob;
  request.by = records::Requester{"ann"};
  request.job = "default";
  request.container_id = world.find("teal-shop-default-r2-1")->id;
  auto made = rollout::apply_verb(*world.record, request, world.now);
  if (!made) return made.error();
  world.record = made->next;
  world.events.push_back(made->event);
  return {};
}

int kills(const World& world) {
  return static_cast<int>(
      std::ranges::count_if(world.events, [](const auto& one) { return one.reason == spec::Reason::JobKilled; }));
}

TEST(KillJobs, NeverByItself) {
  auto world = with_a_deaf_job();
  world.settle(10h);
  EXPECT_EQ(world.running("default").size(), 1U);
  EXPECT_EQ(kills(world), 0);
  EXPECT_EQ(world.record->jobs[0].state, records::JobState::Unknown);
  EXPECT_THAT(world.record->jobs[0].detail, AllOf(HasSubstr("did not end within 15m, nor when it was asked to stop"),
                                                  HasSubstr("teal end-job shop --job default --confirm shop"),
                                                  HasSubstr("engine kill teal-shop-default-r2-1")));
}

TEST(KillJobs, KillAfterIsCountedFromTheStopSignalAndSaysSo) {
  auto world = with_a_deaf_job(2min);
  const auto stopped = world.record->leaving.stopping.begin()->second.decided_at;
  world.pass();
  EXPECT_THAT(world.why.message, HasSubstr("and is killed in 2m (killAfter)"));
  world.now = stopped + 119s;
  world.pass();
  EXPECT_EQ(world.running("default").size(), 1U) << "and it is not given up before";
  EXPECT_EQ(world.record->jobs[0].state, records::JobState::Running);
  EXPECT_THAT(world.why.message, HasSubstr("it was asked to stop and runs on, and is killed in 1s (killAfter)"));
  world.settle(1min);
  EXPECT_TRUE(world.running("default").empty());
  EXPECT_EQ(kills(world), 1);
  EXPECT_EQ(world.record->jobs[0].state, records::JobState::Unknown) << "nobody knows how far it came";
  EXPECT_THAT(world.record->jobs[0].detail, HasSubstr("did not end within 15m and was killed"));
}

TEST(KillJobs, KillAfterLongerThanTheDeadlineIsNotCutShortByIt) {
  auto world = with_a_deaf_job(2h);
  world.settle(119min);
  EXPECT_EQ(world.record->jobs[0].state, records::JobState::Running);
  EXPECT_EQ(world.phase(), spec::Phase::Migrating);
  world.settle(10min);
  EXPECT_EQ(kills(world), 1);
}

TEST(KillJobs, AnEditOfKillAfterCountsForWhatHangsAlready) {
  auto world = with_a_deaf_job();
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  world.edit([](spec::ApplicationSpec& spec) { spec.migration.kill_after = 1min; });
  world.settle(5min);
  EXPECT_GE(kills(world), 1);
  EXPECT_THAT(world.running("default"), Not(Contains("teal-shop-default-r2-1")));
}

// Every newer version waits behind it; it says so and what ends it, and an admin's word lets it go on.
TEST(KillJobs, ANewerVersionWaitsBehindItUntilAnAdminEndsIt) {
  auto world = with_a_deaf_job();
  world.settle(1h);
  world.jobs_that_hang.clear();
  world.want("3");
  for (int i = 0; i < 50 && world.why.reason != spec::Reason::MigrationStillRunning; ++i) world.pass();
  world.settle(3h);  // whatever the deadline of a phase is
  world.now += 3h;
  world.pass();
  EXPECT_EQ(world.why.reason, spec::Reason::MigrationStillRunning);
  EXPECT_THAT(world.why.message, AllOf(HasSubstr("teal-shop-default-r2-1 still runs"),
                                       HasSubstr("teal end-job shop --job default --confirm shop")));
  ASSERT_TRUE(end_job(world));
  EXPECT_FALSE(end_job(world)) << "it is asked for already";
  world.settle(30min);
  EXPECT_EQ(kills(world), 1);
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->course.target.application.spec.version, "3");
  EXPECT_TRUE(world.has_event("JobEndAsked"));
  EXPECT_THAT(world.events, Contains(testing::Field(&records::Event::message, HasSubstr("ann asked to end it"))));
}

TEST(KillJobs, AnAdminEndsItWhileItsRolloutWaitsForIt) {
  auto world = with_a_deaf_job();
  ASSERT_TRUE(end_job(world));
  world.pass();
  world.settle(1min);
  EXPECT_EQ(kills(world), 1);
  EXPECT_EQ(world.record->jobs[0].state, records::JobState::Unknown);
  EXPECT_EQ(std::ranges::count(world.performed, "stop teal-shop-default-r2-1"), 2) << "the one signal, and the end";
}

TEST(KillJobs, ADeletionThatWaitsForAJobIsGivenAWayOn) {
  auto world = with_a_deaf_job();
  world.desired.deleting = true;
  world.settle(1min);
  EXPECT_THAT(world.why.message, HasSubstr("teal end-job shop --job default --confirm shop"));
  ASSERT_TRUE(end_job(world));
  world.settle(1min);
  EXPECT_TRUE(world.erased);
}

// A hook is killed by its own killAfter only: what undoes itself in a migration may not in a backup.
TEST(KillJobs, AHookHasAKillAfterOfItsOwn) {
  for (const bool of_the_hook : {true, false}) {
    World world;
    world.settle();
    world.jobs_that_hang.insert("backup");
    world.trouble.stubborn = true;
    world.edit([&](spec::ApplicationSpec& spec) {
      spec::Job hook;
      hook.name = "backup";
      hook.command = {"/backup"};
      hook.kill_after = of_the_hook ? std::optional<Duration>{1min} : std::nullopt;
      spec.migration.kill_after = 1s;
      spec.hooks.before_migration = {hook};
      spec.version = "2";
    });
    world.settle(2h);
    EXPECT_EQ(kills(world), of_the_hook ? 1 : 0);
  }
}

}  // namespace
}  // namespace teal::test
