#include "controllers/rollout/traffic/traffic.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

using namespace std::chrono_literals;

class DowntimeMeter : public testing::Test {
 protected:
  DowntimeMeter() {
    record_.application = "shop";
    record_.course.target.number = 8;
  }

  void see(std::vector<std::pair<std::string, std::uint64_t>> servers) {
    rollout::Observed world;
    rollout::BackendView view;
    view.load_balancer = "edge";
    view.backend = "shop";
    for (auto& [name, errors] : servers) {
      world::Server server;
      server.name = name;
      server.errors = errors;
      view.servers.push_back(server);
    }
    world.backends.push_back(view);
    count(world);
  }
  void count(const rollout::Observed& world) {
    rollout::Pass pass{desired_, record_, world, Time{}};
    rollout::count_traffic(pass);
    record_ = pass.next;
  }
  [[nodiscard]] std::uint64_t errors(const std::string& component = "api") { return record_.traffic.errors[component]; }

  records::ApplicationRecord desired_;
  records::RolloutRecord record_;
};

TEST_F(DowntimeMeter, CountsWhatLoadBalancersCountDuringTheRolloutOnly) {
  see({{"teal-shop-api-r7-0", 100}});
  EXPECT_EQ(errors(), 0u) << "from before this rollout";
  see({{"teal-shop-api-r7-0", 103}, {"teal-shop-api-r8-0", 2}});
  EXPECT_EQ(errors(), 5u) << "a new server's counter begins at 0";
  see({{"teal-shop-api-r7-0", 103}, {"teal-shop-api-r8-0", 2}});
  EXPECT_EQ(errors(), 5u);
  see({{"teal-shop-api-r8-0", 3}});
  EXPECT_EQ(errors(), 6u) << "what a removed server had counts on";
}

TEST_F(DowntimeMeter, ACounterThatBeganAnewIsNotNegative) {
  see({{"teal-shop-api-r7-0", 100}});
  see({{"teal-shop-api-r7-0", 1}});
  EXPECT_EQ(errors(), 1u);
}

TEST_F(DowntimeMeter, ComponentsWithDashesAreToldApart) {
  see({{"teal-shop-api-r8-0", 1}, {"teal-shop-api-r2-r8-0", 2}, {"other", 50}, {"teal-shop-r8-0", 9}});
  EXPECT_EQ(errors("api"), 1u);
  EXPECT_EQ(errors("api-r2"), 2u);
  EXPECT_EQ(record_.traffic.errors.size(), 2u);
}

TEST_F(DowntimeMeter, ALoadBalancerThatDoesNotAnswerSaysNothing) {
  rollout::Observed world;
  world.backends.emplace_back().presence = rollout::Presence::Unknown;
  count(world);
  EXPECT_TRUE(record_.traffic.errors.empty());
}

TEST_F(DowntimeMeter, AddsUpProbesAndTheirLatency) {
  rollout::Observed world;
  world.traffic.probes = 2;
  world.traffic.failed = 1;
  world.traffic.latency.add(900us);
  world.traffic.latency.add(70ms);
  count(world);
  count(world);
  EXPECT_EQ(record_.traffic.probes, 4u);
  EXPECT_EQ(record_.traffic.failed, 2u);
  EXPECT_EQ(record_.traffic.latency.percentile(0.5), 1200us);
  EXPECT_EQ(record_.traffic.latency.percentile(0.99), 70ms);
  EXPECT_EQ(record_.traffic.latency.longest, 70ms);
}

TEST(LatencyCounts, PercentilesAreAtMostHalfTooMuchAndNeverTooLittle) {
  world::LatencyCounts counts;
  EXPECT_EQ(counts.percentile(0.5), 0us);
  for (int i = 1; i <= 1000; ++i) counts.add(std::chrono::microseconds{i * 50});
  for (const double part : {0.1, 0.5, 0.9, 0.99}) {
    const auto exact = part * 50'000;
    EXPECT_GE(static_cast<double>(counts.percentile(part).count()), exact) << part;
    EXPECT_LE(static_cast<double>(counts.percentile(part).count()), exact * 1.5) << part;
  }
  EXPECT_EQ(counts.percentile(1), 50ms);
  counts.add(1h);
  EXPECT_EQ(counts.percentile(1), 1h);
  EXPECT_EQ(counts.longest, 1h);
}

}  // namespace
}  // namespace teal::test
