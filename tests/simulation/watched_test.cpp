// The monitors: that each sees its promise broken, and takes nothing else for it.
#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "tests/simulation/monitors/watched.hpp"
#include "tests/simulation/timeline.hpp"
#include "tests/support/await.hpp"

namespace teal::simulation {
namespace {

// Models with one application, as teald would have left them.
class Watched : public testing::Test {
 protected:
  Watched() {
    Models models;
    models.engine = &fake_;
    models.balancers = {{"edge", &balancer_}};
    models.store = &store_;
    models.clock = &timeline_;
    models.has_passed = [](const std::string&) { return false; };
    models.tells_credential = [](std::string_view text) { return text.find("secret") != text.npos; };
    models.dependency_down_for = [this](const std::string&) { return dependency_down_for_; };
    models.strangers = {"edge/shop_api/teal-shop-api-r1-0"};
    monitors_ = std::make_unique<Monitors>(std::move(models));
    engine_ = std::make_unique<WatchedEngine>(fake_, *monitors_);
    fake_.add_image("shop:1", {"id-1", "digest-1"});
  }

  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return test::await(loop_, std::move(task));
  }

  std::string create(world::Role role, const std::string& unit, int index) {
    ports::ContainerSpec spec;
    spec.name = "teal-shop-" + unit + "-r1-" + std::to_string(index);
    spec.image_id = "id-1";
    spec.application = "shop";
    spec.unit = unit;
    spec.role = role;
    spec.revision = 1;
    spec.index = index;
    return *wait(engine_->create(std::move(spec)));
  }

  // An upgrade of one component.
  static records::RolloutRecord verifying() {
    records::RolloutRecord record;
    record.application = "shop";
    record.standing.phase = spec::Phase::Verifying;
    spec::Component api;
    api.name = "api";
    api.port = 80;
    record.course.active.emplace().number = 1;
    record.course.active->application.spec.components = {api};
    record.course.target = *record.course.active;
    record.course.target.number = 2;
    return record;
  }

  [[nodiscard]] bool has_broken(Promise promise) const {
    return std::ranges::any_of(monitors_->violations(), [&](const Violation& one) { return one.promise == promise; });
  }

  boost::asio::io_context loop_;
  Timeline timeline_;
  test::FakeEngine fake_{timeline_};
  test::FakeLoadBalancer balancer_{timeline_};
  test::FakeStore store_;
  Duration dependency_down_for_{};
  std::unique_ptr<Monitors> monitors_;
  std::unique_ptr<WatchedEngine> engine_;
};

TEST_F(Watched, ARollbackForACheckThatTheOldReplicasFailTooBreaksSharedDependency) {
  ASSERT_TRUE(wait(engine_->start(create(world::Role::Serve, "api", 0))));
  timeline_.advance(timeline_.now() + std::chrono::minutes{10});
  auto record = verifying();
  monitors_->committed(record);
  record.standing.phase = spec::Phase::RollingBack;
  record.outcome.failure_reason = spec::Reason::HealthCheckFailed;
  record.outcome.reason = spec::Reason::HealthCheckFailed;
  monitors_->committed(record);
  EXPECT_FALSE(has_broken(Promise::SharedDependency)) << "all that they need is there";
  dependency_down_for_ = spec::HealthCheck{}.interval;
  record.standing.phase = spec::Phase::Verifying;
  monitors_->committed(record);
  record.standing.phase = spec::Phase::RollingBack;
  monitors_->committed(record);
  EXPECT_FALSE(has_broken(Promise::SharedDependency)) << "the old ones may not have been asked since";
  dependency_down_for_ = std::chrono::minutes{1};
  record.standing.phase = spec::Phase::Verifying;
  monitors_->committed(record);
  record.standing.phase = spec::Phase::RollingBack;
  monitors_->committed(record);
  EXPECT_TRUE(has_broken(Promise::SharedDependency));
}

TEST_F(Watched, ARollbackBeforeTheNewHadTimeToRecoverBreaksSharedDependencyWhoeverIsToBlameByThen) {
  timeline_.advance(timeline_.now() + std::chrono::minutes{10});
  auto record = verifying();
  record.standing.blame = {records::Blame::Whose::Shared, timeline_.now()};
  monitors_->committed(record);
  record.standing.blame = {records::Blame::Whose::NewRevision, timeline_.now()};
  monitors_->committed(record);
  record.standing.phase = spec::Phase::RollingBack;
  record.outcome.failure_reason = record.outcome.reason = spec::Reason::HealthCheckFailed;
  monitors_->committed(record);
  EXPECT_TRUE(has_broken(Promise::SharedDependency));
}

TEST_F(Watched, ACreationThatIsNotOnRecordBreaksO3) {
  create(world::Role::Serve, "api", 0);
  EXPECT_TRUE(has_broken(Promise::O3));
}

TEST_F(Watched, TwoMigratorsBreakM1) {
  ASSERT_TRUE(wait(engine_->start(create(world::Role::Migrate, "default", 1))));
  EXPECT_FALSE(has_broken(Promise::M1));
  ASSERT_TRUE(wait(engine_->start(create(world::Role::Migrate, "extra", 1))));
  EXPECT_TRUE(has_broken(Promise::M1));
}

TEST_F(Watched, AMigrationThatIsRemovedWhileItRunsBreaksM5) {
  const auto id = create(world::Role::Migrate, "default", 1);
  ASSERT_TRUE(wait(engine_->start(id)));
  ASSERT_TRUE(wait(engine_->remove(id)));
  EXPECT_TRUE(has_broken(Promise::M5));
}

TEST_F(Watched, AStrangersContainerThatIsTouchedBreaksO2) {
  ports::ContainerSpec spec;
  spec.name = "somebody-elses";
  spec.image_id = "id-1";
  const auto id = *wait(fake_.create(std::move(spec)));
  ASSERT_TRUE(wait(engine_->remove(id)));
  EXPECT_TRUE(has_broken(Promise::O2));
}

TEST_F(Watched, AStrangersServerThatIsTouchedBreaksO2WhateverItsName) {
  WatchedBalancer balancer{"edge", balancer_, *monitors_};
  balancer_.add_backend("shop_api");
  ports::ServerSpec spec;
  spec.name = "teal-shop-api-r1-0";
  spec.address = "127.0.0.1:7";
  ASSERT_TRUE(wait(balancer_.attach("shop_api", spec)));
  ASSERT_TRUE(wait(balancer.drain("shop_api", spec.name)));
  EXPECT_TRUE(has_broken(Promise::O2));
}

TEST_F(Watched, AnImageThatBringsTheMigrationCredentialAlongBreaksC1OnceItRuns) {
  fake_.set_in_image("id-1", "PGPASSWORD=secret");
  const auto id = create(world::Role::Serve, "api", 0);
  EXPECT_FALSE(has_broken(Promise::C1)) << "nothing runs yet: this is how it is found out";
  ASSERT_TRUE(wait(engine_->start(id)));
  EXPECT_TRUE(has_broken(Promise::C1));
}

status::ApplicationView view_of(const std::string& state) {
  status::ApplicationView view;
  view.record.application.name = "shop";
  view.status.phase = "Progressing";
  objects::ReplicaStatus replica;
  replica.name = "teal-shop-api-r1-0";
  replica.state = state;
  view.status.components.push_back({"api", 1, 0, {replica}});
  return view;
}

TEST_F(Watched, AStateThatNeverWasBreaksO5) {
  const auto id = create(world::Role::Serve, "api", 0);
  monitors_->pass_begins("shop");
  monitors_->shown(view_of("Created"));
  EXPECT_FALSE(has_broken(Promise::O5));
  monitors_->shown(view_of("Running"));
  EXPECT_TRUE(has_broken(Promise::O5));
}

// A call that failed is no excuse for a claim; an answer that was old is.
TEST_F(Watched, AStateThatNeverWasBreaksO5InAHinderedPassTooUnlessItWasShownOldThings) {
  create(world::Role::Serve, "api", 0);
  monitors_->pass_begins("shop");
  monitors_->shown_old("shop", 1);
  monitors_->shown(view_of("Running"));
  EXPECT_FALSE(has_broken(Promise::O5));
  monitors_->pass_begins("shop");
  monitors_->hindered("shop");
  monitors_->shown(view_of("Exited"));
  EXPECT_TRUE(has_broken(Promise::O5));
}

TEST_F(Watched, HealthThatNobodyHasObservedBreaksO5) {
  status::ApplicationView view;
  view.record.application.name = "shop";
  view.status.phase = "Healthy";
  objects::Condition ready;
  ready.type = "Ready";
  ready.status = "True";
  view.status.conditions.push_back(ready);
  monitors_->shown(view);
  EXPECT_FALSE(has_broken(Promise::O5));
  view.status.conditions.back().status = "Unknown";
  monitors_->shown(view);
  EXPECT_TRUE(has_broken(Promise::O5)) << "also when it was Healthy before";
}

TEST_F(Watched, ADeadServerThatPassesLetBeBreaksT5) {
  balancer_.add_backend("shop_api");
  records::ApplicationRecord shop;
  shop.application.name = "shop";
  ASSERT_TRUE(wait(store_.put(shop, {})));
  ports::ServerSpec spec;
  spec.name = "teal-shop-api-r1-1";
  spec.address = "127.0.0.1:7";
  ASSERT_TRUE(wait(balancer_.attach("shop_api", spec)));
  const auto pass = [&](bool hindered) {
    monitors_->pass_begins("shop");
    if (hindered) monitors_->hindered("shop");
    timeline_.advance(timeline_.now() + std::chrono::seconds{20});
    monitors_->pass_ends("shop");
  };
  for (int i = 0; i < 9; ++i) pass(i % 3 == 0);
  EXPECT_FALSE(has_broken(Promise::T5)) << "no pass had its chance";
  for (int i = 0; i < 3; ++i) pass(false);
  EXPECT_TRUE(has_broken(Promise::T5));
}

TEST_F(Watched, AStopThatIsJumpedOverAndATrainThatIsLeftBreakTheVendorsRules) {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.active = records::Revision{};
  record.course.active->application.spec.version = "2025.1.4";
  record.course.target.application.spec.version = "2025.1.10";
  record.course.target.application.spec.upgrade_policy.train = 2;
  record.course.target.application.spec.upgrade_policy.stops = {"2025.1.9"};
  const auto begin = [&](int number) {
    record.course.target.number = number;
    record.standing.phase = spec::Phase::Preparing;
    monitors_->committed(record);
  };
  record.course.active->application.spec.version = "2025.1.9";
  begin(1);
  EXPECT_FALSE(has_broken(Promise::Upgrade));
  record.course.active->application.spec.version = "2025.1.4";
  begin(2);
  EXPECT_EQ(monitors_->violations().size(), 1u);
  record.course.active->application.spec.version = "2025.2.0";
  begin(3);
  EXPECT_EQ(monitors_->violations().size(), 2u);
}

TEST_F(Watched, ASuccessOnRecordThatNeverWasBreaksM3) {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 1;
  record.course.target.image_id = "id-1";
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Succeeded;
  record.jobs = {job};
  monitors_->committed(record);
  EXPECT_TRUE(has_broken(Promise::M3));
}

TEST_F(Watched, AReplicaThatIsStoppedAndStartedAgainWithoutACauseBreaksEffects) {
  const auto again = [&] {
    const auto id = create(world::Role::Serve, "api", 0);
    ASSERT_TRUE(wait(engine_->start(id)));
    ASSERT_TRUE(wait(engine_->stop(id, "SIGTERM")));
    ASSERT_TRUE(wait(engine_->remove(id)));
  };
  again();
  monitors_->edited("shop");
  again();
  EXPECT_FALSE(has_broken(Promise::Effects)) << "something else may have been wanted meanwhile";
  again();
  EXPECT_TRUE(has_broken(Promise::Effects));
  EXPECT_EQ(monitors_->counts().first_starts, 1);
  EXPECT_EQ(monitors_->counts().after_turn, 1);
}

TEST_F(Watched, AReplicaThatIsStartedAgainAfterItEndedHasACause) {
  ASSERT_TRUE(wait(engine_->start(create(world::Role::Serve, "api", 0))));
  fake_.end("teal-shop-api-r1-0", 137);
  fake_.vanish("teal-shop-api-r1-0");
  ASSERT_TRUE(wait(engine_->start(create(world::Role::Serve, "api", 0))));
  EXPECT_FALSE(has_broken(Promise::Effects));
  EXPECT_EQ(monitors_->counts().after_end, 1);
}

TEST_F(Watched, AMigrationThatIsOnRecordAsDoneAndRunsAgainBreaksM3) {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 1;
  record.course.target.image_id = "id-1";
  record.course.target.image_digest = "digest-1";
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Succeeded;
  record.jobs = {job};
  record.version = *wait(store_.commit(record, {}));
  record.jobs[0].state = records::JobState::Running;
  record.jobs[0].attempts = 1;
  ASSERT_TRUE(wait(store_.commit(record, {})));
  ASSERT_TRUE(wait(engine_->start(create(world::Role::Migrate, "default", 1))));
  EXPECT_TRUE(has_broken(Promise::M3));
}

}  // namespace
}  // namespace teal::simulation
