// Probes through a load balancer prove something only once its servers were given requests.
#include <gtest/gtest.h>

#include "controllers/rollout/traffic/traffic.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

// Probes through the load balancer and the requests that it counts for its servers.
class ProbeEvidence : public testing::Test {
 protected:
  ProbeEvidence() {
    record_.application = "shop";
    record_.course.target.number = 2;
    record_.standing.phase = spec::Phase::Verifying;
    spec::Component api;
    api.name = "api";
    api.load_balancer = spec::LoadBalancerUse{"edge", "shop_api", 60s};
    record_.course.target.application.spec.components = {api};
  }
  // The component that nothing has reached so far, if any.
  std::string see(std::optional<std::uint64_t> requests, bool up = true) {
    rollout::Observed world;
    world.probed = {"api"};
    if (witness_) world.traffic.witnessed["api"] = *witness_;
    rollout::BackendView view;
    view.load_balancer = "edge";
    view.backend = "shop_api";
    world::Server server;
    server.name = "teal-shop-api-r2-0";
    server.up = up;
    server.requests = requests;
    view.servers.push_back(server);
    world.backends.push_back(view);
    rollout::Pass pass{desired_, record_, world, Time{}};
    rollout::count_traffic(pass);
    const auto* found = rollout::unreached(pass);
    obscured_ = rollout::obscured(pass, false) != nullptr;
    is_told_ = rollout::obscured(pass, true) != nullptr;
    const auto name = found ? found->name : std::string{};
    record_ = pass.next;
    return name;
  }

  records::ApplicationRecord desired_;
  records::RolloutRecord record_;
  std::optional<world::Witness> witness_;
  bool obscured_ = false;
  bool is_told_ = false;
};

TEST_F(ProbeEvidence, ProbesThatReachNoServerOfItsVerifyNothing) {
  EXPECT_EQ(see(40), "api") << "from before Verifying";
  EXPECT_EQ(see(40), "api");
  EXPECT_EQ(see(41), "");
  EXPECT_EQ(see(41), "") << "one is enough";
}

TEST_F(ProbeEvidence, CountsAnewInEachVerifying) {
  see(40);
  EXPECT_EQ(see(41), "");
  record_.standing.phase = spec::Phase::Introducing;
  see(45);
  record_.standing.phase = spec::Phase::Verifying;
  EXPECT_EQ(see(45), "api");
}

TEST_F(ProbeEvidence, ACounterThatBeganAnewCounts) {
  see(40);
  EXPECT_EQ(see(3), "");
}

TEST_F(ProbeEvidence, IsNotAskedForWhereNobodyCountsOrNothingIsUp) {
  EXPECT_EQ(see(std::nullopt), "");
  EXPECT_EQ(see(40, false), "");
}

// Users ask the application all the time, so that its counters grow whoever answers the probes.
TEST_F(ProbeEvidence, OthersRequestsDoNotHideThatSomebodyElseAnswersTheProbes) {
  see(40);
  witness_ = world::Witness{true, 0, 1};
  EXPECT_EQ(see(90), "api");
  witness_ = world::Witness{false, 1, 0.9};
  EXPECT_EQ(see(140), "");
  EXPECT_TRUE(obscured_) << "one that may have been somebody else's shows nothing";
  witness_ = world::Witness{false, 12, 0.0001};
  EXPECT_EQ(see(190), "");
  EXPECT_FALSE(obscured_);
  EXPECT_FALSE(is_told_);
}

TEST_F(ProbeEvidence, WhatManyProbesDoNotShowIsWaitedForNoLongerAndSaid) {
  witness_ = world::Witness{false, 75, 0.9};
  see(40);
  EXPECT_FALSE(obscured_);
  EXPECT_TRUE(is_told_);
}

}  // namespace
}  // namespace teal::test
