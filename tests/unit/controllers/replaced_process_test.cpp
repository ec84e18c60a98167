// A load balancer whose process is replaced (reloaded, restarted) forgets servers, while the old process still has
// their requests under way: nothing of them is lost, whether old processes are seen or not.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::HasSubstr;

constexpr Duration drain = 60s;  // of the stage's component

class ReplacedProcess : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    stage_.balancer.set_sees_old_processes(GetParam());
    stage_.on_time = [this] { watch(); };
    stage_.start_teald();
    stage_.apply();
    ASSERT_TRUE(stage_.run());
    stage_.clock.time += 10min;
  }

  // No replica is asked to stop while requests of its are under way.
  void watch() {
    for (const auto& [name, stored] : stage_.engine.containers()) {
      if (!stored.signals.empty() && stage_.balancer.truly_under_way("shop_api", name) > 0) cut_.insert(name);
    }
  }
  void open_sessions(Duration length) {
    for (int i = 0; i < 4; ++i) sessions_.push_back(stage_.balancer.open_session("shop_api", length));
  }
  void upgrade() {
    stage_.application.spec.version = std::to_string(std::stoi(stage_.application.spec.version) + 1);
    stage_.apply();
    begun_ = stage_.clock.time;
  }
  bool until_it_drains() {
    return stage_.run_until([&] {
      const auto servers = stage_.servers();
      return std::ranges::any_of(servers, [](const auto& server) {
        return server.name.find("-r1-") != std::string::npos && server.intake == world::Intake::Draining;
      });
    });
  }
  [[nodiscard]] Duration took() const { return stage_.clock.time - begun_; }
  // Each request has its whole answer.
  void expect_nothing_lost() {
    EXPECT_THAT(cut_, testing::IsEmpty());
    for (const int one : sessions_) {
      EXPECT_EQ(stage_.balancer.session(one).state, FakeLoadBalancer::SessionState::Finished);
    }
  }

  Stage stage_;
  Time begun_{};
  std::vector<int> sessions_;
  std::set<std::string> cut_;
};

TEST_P(ReplacedProcess, AReloadWhileOldReplicasDrainLosesNothing) {
  open_sessions(30s);
  upgrade();
  ASSERT_TRUE(until_it_drains());
  stage_.balancer.reload();
  ASSERT_TRUE(stage_.run());
  expect_nothing_lost();
  if (GetParam()) EXPECT_LT(took(), drain) << "the requests were seen to end";
  if (!GetParam()) EXPECT_GE(took(), drain) << "nobody can say when they ended";
}

TEST_P(ReplacedProcess, SoDoTwoReloads) {
  open_sessions(30s);
  upgrade();
  ASSERT_TRUE(until_it_drains());
  stage_.balancer.reload();
  const auto at = stage_.clock.time;
  ASSERT_TRUE(stage_.run_until([&] { return stage_.clock.time > at + 5s; }));
  stage_.balancer.reload();
  ASSERT_TRUE(stage_.run());
  expect_nothing_lost();
  EXPECT_LT(took(), 2 * drain) << "the drain does not begin anew with each reload";
}

TEST_P(ReplacedProcess, AReloadShortlyBeforeTheUpgradeLosesNothing) {
  open_sessions(30s);
  stage_.balancer.reload();
  const auto at = stage_.clock.time;
  ASSERT_TRUE(stage_.run_until([&] { return stage_.clock.time > at + 3s; }));
  upgrade();
  ASSERT_TRUE(stage_.run());
  expect_nothing_lost();
}

TEST_P(ReplacedProcess, WhatIsWaitedForIsSaid) {
  open_sessions(30s);
  upgrade();
  ASSERT_TRUE(until_it_drains());
  stage_.balancer.reload();
  ASSERT_TRUE(stage_.run_until([&] {
    return stage_.view()->status.message.find(GetParam() ? "in old processes of load balancer edge"
                                                         : "its old processes are not seen") != std::string::npos;
  })) << stage_.view()->status.message;
}

TEST_P(ReplacedProcess, ARequestThatOutlastsTheDrainEndsWithIt) {
  open_sessions(10min);
  upgrade();
  ASSERT_TRUE(until_it_drains());
  stage_.balancer.reload();
  ASSERT_TRUE(stage_.run());
  EXPECT_GE(took(), drain);
  EXPECT_LT(took(), 2 * drain);
}

TEST_P(ReplacedProcess, ARestartIsWaitedForNoLongerThanADrain) {
  open_sessions(30s);
  upgrade();
  ASSERT_TRUE(until_it_drains());
  stage_.balancer.restart();
  ASSERT_TRUE(stage_.run());
  EXPECT_LT(took(), 2 * drain);
}

TEST_P(ReplacedProcess, ReplicasThatAreYoungerThanTheProcessHaveNothingElsewhere) {
  stage_.balancer.reload();
  upgrade();
  ASSERT_TRUE(stage_.run());
  upgrade();
  ASSERT_TRUE(stage_.run());
  EXPECT_LT(took(), 20s);
}

TEST_P(ReplacedProcess, AProcessThatIsOlderThanADrainHasNoPredecessorWithRequests) {
  stage_.balancer.reload();
  ASSERT_TRUE(stage_.run_until([&] { return stage_.view()->status.phase == "Healthy"; }));
  stage_.clock.time += 2 * drain;
  upgrade();
  ASSERT_TRUE(stage_.run());
  EXPECT_LT(took(), 20s);
}

INSTANTIATE_TEST_SUITE_P(Seen, ReplacedProcess, testing::Bool(), [](const auto& seen) {
  return seen.param ? std::string{"OldProcessesAreSeen"} : std::string{"OldProcessesAreNotSeen"};
});

// Answers as the one behind it does, but once that the backend has no server.
class Blank final : public ports::LoadBalancer {
 public:
  explicit Blank(ports::LoadBalancer& behind) : behind_(behind) {}
  bool blank_next = false;

  boost::asio::awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    if (std::exchange(blank_next, false)) co_return std::vector<world::Server>{};
    co_return co_await behind_.servers(std::move(backend));
  }
  boost::asio::awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    return behind_.attach(std::move(backend), std::move(spec));
  }
  boost::asio::awaitable<Result<void>> admit(std::string backend, std::string name) override {
    return behind_.admit(std::move(backend), std::move(name));
  }
  boost::asio::awaitable<Result<void>> drain(std::string backend, std::string name) override {
    return behind_.drain(std::move(backend), std::move(name));
  }
  boost::asio::awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override {
    return behind_.detach(std::move(backend), std::move(name), cut_sessions);
  }

 private:
  ports::LoadBalancer& behind_;
};

TEST(SecondLook, OneAnswerWithoutTheServersStopsNothing) {
  Stage stage;
  Blank blank{stage.balancer};
  stage.behind_balancer = &blank;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  std::vector<int> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(stage.balancer.open_session("shop_api", 30s));
  std::set<std::string> cut;
  stage.on_time = [&] {
    for (const auto& [name, stored] : stage.engine.containers()) {
      if (!stored.signals.empty() && stage.balancer.truly_under_way("shop_api", name) > 0) cut.insert(name);
    }
  };
  stage.application.spec.version = "2";
  stage.apply();
  int blanks = 0;
  stage.on_pass = [&] {
    const auto seen = stage.view();
    if (!seen || !seen->rollout || seen->rollout->standing.phase != spec::Phase::Withdrawing) return;
    if (++blanks % 3 == 0) blank.blank_next = true;
  };
  ASSERT_TRUE(stage.run());
  EXPECT_GT(blanks, 3);
  EXPECT_THAT(cut, testing::IsEmpty());
  for (const int one : sessions) EXPECT_EQ(stage.balancer.session(one).state, FakeLoadBalancer::SessionState::Finished);
}

}  // namespace
}  // namespace teal::test
