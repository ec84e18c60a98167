#include "tests/unit/daemon/health_monitor_fixture.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(HealthMonitorTest, AsksThroughTheLoadBalancerFiveTimesASecond) {
  HealthServer server{loop_};
  monitor_->watch_traffic("shop", {traffic(server)});
  run_for(1100ms);
  const auto probes = server.requests().size();
  EXPECT_GE(probes, 4U);
  EXPECT_LE(probes, 7U);
  EXPECT_GE(server.connections(), static_cast<int>(probes));
  EXPECT_THAT(server.requests()[0], StartsWith("GET /api/v1/health/check_up HTTP/1.1\r\n"));
  auto taken = monitor_->take_traffic("shop");
  EXPECT_GE(taken.probes, 4U);
  EXPECT_EQ(taken.failed, 0U);
  EXPECT_EQ(taken.successes, static_cast<int>(taken.probes));
  EXPECT_EQ(taken.answer, "200");
  const auto successes = taken.successes;
  taken = monitor_->take_traffic("shop");
  EXPECT_EQ(taken.probes, 0U);
  EXPECT_EQ(taken.successes, successes);
  EXPECT_THAT(metrics_.expose(), HasSubstr("teal_traffic_probes_total"));
}

TEST_F(HealthMonitorTest, AsksThroughTheLoadBalancerAsOftenAsConfigured) {
  HealthServer server{loop_};
  auto often = traffic(server);
  often.per_second = 50;
  monitor_->watch_traffic("shop", {often});
  run_for(1000ms);
  const auto taken = monitor_->take_traffic("shop");
  EXPECT_GE(taken.probes, 20U);
  EXPECT_LE(taken.probes, 52U);
  EXPECT_GT(taken.latency.longest.count(), 0);
  EXPECT_GT(taken.latency.percentile(0.5).count(), 0);
  EXPECT_LE(taken.latency.percentile(0.5), taken.latency.longest);
  EXPECT_TRUE(monitor_->take_traffic("shop").latency.empty());
}

TEST_F(HealthMonitorTest, AFailureThroughTheLoadBalancerIsToldAfterItHasPassed) {
  HealthServer server{loop_};
  monitor_->watch_traffic("shop", {traffic(server)});
  ASSERT_TRUE(until([&] { return server.requests().size() == 1; }));
  server.answer(503, "no server");
  ASSERT_TRUE(until([&] { return server.requests().size() == 3; }));
  run_for(20ms);
  server.answer(200, "");
  ASSERT_TRUE(until([&] { return server.requests().size() == 4; }));
  run_for(20ms);
  auto taken = monitor_->take_traffic("shop");
  EXPECT_EQ(taken.probes, 4U);
  EXPECT_EQ(taken.failed, 2U);
  EXPECT_EQ(taken.failures, 0);
  EXPECT_EQ(taken.successes, 1);
  EXPECT_EQ(taken.answer, "503: no server");
  EXPECT_EQ(monitor_->take_traffic("shop").answer, "200");
}

TEST_F(HealthMonitorTest, WakesWhoeverWaitsForEnoughGoodTraffic) {
  HealthServer server{loop_};
  monitor_->watch_traffic("shop", {traffic(server)});
  ASSERT_TRUE(until([&] { return server.requests().size() == 3; }));
  run_for(20ms);
  EXPECT_EQ(wakes_["shop"], 2);
  EXPECT_EQ(monitor_->take_traffic("shop").probes, 3U);
  ASSERT_TRUE(until([&] { return wakes_["shop"] == 3; }));
  EXPECT_EQ(monitor_->take_traffic("shop").probes, 2U);
}

TEST_F(HealthMonitorTest, OneBadWayInIsNotOutweighedByAGoodOne) {
  HealthServer good{loop_};
  HealthServer bad{loop_};
  bad.answer(502, "");
  monitor_->watch_traffic("shop", {traffic(good, "api"), traffic(bad, "web")});
  ASSERT_TRUE(until([&] { return bad.requests().size() >= 3 && good.requests().size() >= 3; }));
  run_for(20ms);
  const auto taken = monitor_->take_traffic("shop");
  EXPECT_EQ(taken.successes, 0);
  EXPECT_GE(taken.failures, 3);
  EXPECT_EQ(taken.answer, "502");
  EXPECT_GE(taken.probes, 6U);
  monitor_->watch_traffic("shop", {traffic(good, "api")});
  EXPECT_EQ(monitor_->take_traffic("shop").failures, 0);
  monitor_->watch_traffic("shop", {});
  const auto before = good.requests().size();
  run_for(300ms);
  EXPECT_LE(good.requests().size(), before + 1);
  EXPECT_EQ(monitor_->take_traffic("shop").probes, 0U);
}

}  // namespace
}  // namespace teal::test
