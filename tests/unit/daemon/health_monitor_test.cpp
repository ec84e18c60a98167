#include "tests/unit/daemon/health_monitor_fixture.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(HealthMonitorTest, CountsUpToHealthy) {
  HealthServer server{loop_};
  EXPECT_FALSE(monitor_->view("c1").has_value());
  watch(target(server.address()));
  ASSERT_TRUE(monitor_->view("c1").has_value());
  EXPECT_EQ(view().successes, 0);
  ASSERT_TRUE(until([&] { return view().successes == 1; }));
  EXPECT_FALSE(view().ever);
  ASSERT_TRUE(until([&] { return view().successes == 2; }));
  EXPECT_TRUE(view().ever);
  EXPECT_EQ(view().answer, "200");
  EXPECT_EQ(wakes_["shop"], 2);
  EXPECT_THAT(metrics_.expose(),
              HasSubstr(R"(teal_health_probes_total{application="shop",component="api",result="success"} 2)"));
}

TEST_F(HealthMonitorTest, AsksThePathOnANewConnectionEachTime) {
  HealthServer server{loop_};
  auto wanted = target(server.address());
  wanted.check.path = "/health?deep=1";
  watch(wanted);
  ASSERT_TRUE(until([&] { return server.requests().size() >= 3; }));
  EXPECT_THAT(server.requests()[0], StartsWith("GET /health?deep=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[0], HasSubstr("\r\nHost: " + server.address() + "\r\n"));
  EXPECT_THAT(server.requests()[0], HasSubstr("\r\nUser-Agent: teal\r\n"));
  EXPECT_GE(server.connections(), 3);
}

TEST_F(HealthMonitorTest, ABootingReplicaIsFoundSoon) {
  std::string address;
  {
    HealthServer server{loop_};
    address = server.address();
  }
  watch(target(address, 20s));
  ASSERT_TRUE(until([&] { return view().failures >= 2; }));
  EXPECT_EQ(view().answer, "connection refused");
  HealthServer server{loop_, address.substr(address.find(':') + 1)};
  const auto begin = Clock::now();
  ASSERT_TRUE(until([&] { return view().ever; }));
  EXPECT_LT(Clock::now() - begin, 10s);  // and not its interval later
  EXPECT_EQ(view().failures, 0);
}

TEST_F(HealthMonitorTest, AHungServerFailsWithinItsTimeout) {
  HealthServer server{loop_};
  server.answer("");
  watch(target(server.address()));
  ASSERT_TRUE(until([&] { return view().failures == 1; }));
  EXPECT_EQ(view().answer, "no answer within 100ms");
  server.answer(200, "");
  ASSERT_TRUE(until([&] { return view().ever; }));
}

// By the numbers of the questions it is known whether another was well since one began to fail.
TEST_F(HealthMonitorTest, WhatWasAskedBeforeAFailureWasKnownHasASmallerNumber) {
  HealthServer failing{loop_};
  HealthServer well{loop_};
  auto first = target(failing.address());
  auto second = target(well.address());
  second.container_id = "c2";
  monitor_->watch("shop", {first, second});
  const auto other = [&] { return monitor_->view("c2").value_or(world::HealthView{}); };
  ASSERT_TRUE(until([&] { return view().ever && other().ever; }));
  EXPECT_EQ(view().failing_from, 0u);
  failing.answer(500, "");
  ASSERT_TRUE(until([&] { return view().failures >= 1; }));
  const auto begun = view().failing_from;
  EXPECT_GT(begun, 0u);
  ASSERT_TRUE(until([&] { return other().asked > begun; }));
  EXPECT_EQ(other().failures, 0);
  ASSERT_TRUE(until([&] { return view().failures >= 3; }));
  EXPECT_EQ(view().failing_from, begun) << "since the first of them";
}

TEST_F(HealthMonitorTest, HostileAnswersAreFailures) {
  HealthServer server{loop_};
  for (const auto& [bytes, answer] : std::map<std::string, std::string>{
           {"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP"},
           {"HTTP/1.1 two hundred\r\n\r\n", "not HTTP"},
           {"HTTP/1.1 100 Continue\r\n\r\n", "closed after an interim answer"},
           {"HTTP/1.1 2", "middle of the answer"},
           {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", "headers are larger than 65536 bytes"},
           {HealthServer::response(503, R"({"error":"database unreachable"})"), "503: database unreachable"}}) {
    server.answer(bytes);
    watch(target(server.address()));
    ASSERT_TRUE(until([&] { return view().failures >= 1; }));
    EXPECT_THAT(view().answer, HasSubstr(answer));
    watch(target("not an address"));
    ASSERT_TRUE(until([&] { return view().answer.find("not an address") != std::string::npos; })) << view().answer;
    monitor_->watch("shop", {});
  }
}

TEST_F(HealthMonitorTest, IsSlowOnceSettledAndFastAgainAfterAFailure) {
  HealthServer server{loop_};
  watch(target(server.address(), 400ms));
  ASSERT_TRUE(until([&] { return view().ever; }));
  watch(target(server.address(), 400ms, true));
  const auto before = server.requests().size();
  run_for(1s);
  EXPECT_GE(server.requests().size() - before, 2U);
  EXPECT_LE(server.requests().size() - before, 4U);
  const auto wakes = wakes_["shop"];
  EXPECT_EQ(wakes, 2);  // none for steady success
  server.answer(503, "");
  ASSERT_TRUE(until([&] { return view().failures == 3; }));
  const auto& times = server.times();
  EXPECT_LT(times[times.size() - 1] - times[times.size() - 3], 400ms);
  EXPECT_EQ(wakes_["shop"], wakes + 3);
}

TEST_F(HealthMonitorTest, DoesNotHurryToCondemnAReplicaThatVanished) {
  auto server = std::make_unique<HealthServer>(loop_);
  watch(target(server->address(), 200ms));
  ASSERT_TRUE(until([&] { return view().ever; }));
  server.reset();
  ASSERT_TRUE(until([&] { return view().failures == 1; }));
  const auto first = Clock::now();
  ASSERT_TRUE(until([&] { return view().failures == 3; }));
  EXPECT_GT(Clock::now() - first, 300ms);  // the engine has told meanwhile that it ended
}

TEST_F(HealthMonitorTest, ATargetThatIsNoLongerSettledIsAskedAtOnce) {
  HealthServer server{loop_};
  watch(target(server.address(), 1s));
  ASSERT_TRUE(until([&] { return view().ever; }));
  watch(target(server.address(), 1s, true));
  run_for(150ms);
  const auto before = server.requests().size();
  watch(target(server.address(), 1s, false));
  ASSERT_TRUE(until([&] { return server.requests().size() > before; }, 500ms));
  EXPECT_GT(view().successes, 2);
}

TEST_F(HealthMonitorTest, ANewAddressKeepsTheCounts) {
  HealthServer first{loop_};
  HealthServer second{loop_};
  watch(target(first.address()));
  ASSERT_TRUE(until([&] { return view().successes == 2; }));
  watch(target(second.address()));
  EXPECT_EQ(view().successes, 2);
  ASSERT_TRUE(until([&] { return !second.requests().empty(); }));
  const auto before = first.requests().size();
  run_for(150ms);
  EXPECT_EQ(first.requests().size(), before);
}

TEST_F(HealthMonitorTest, DroppedTargetsAreForgotten) {
  HealthServer server{loop_};
  watch(target(server.address()));
  ASSERT_TRUE(until([&] { return view().ever; }));
  monitor_->watch("other", {});
  EXPECT_TRUE(monitor_->view("c1").has_value());
  monitor_->watch("shop", {});
  EXPECT_FALSE(monitor_->view("c1").has_value());
  const auto before = server.requests().size();
  run_for(150ms);
  EXPECT_LE(server.requests().size(), before + 1);  // one may have been on its way
  watch(target(server.address()));
  EXPECT_FALSE(view().ever);
}

TEST_F(HealthMonitorTest, MayBeChangedOrEndedFromWithinAWake) {
  HealthServer server{loop_};
  on_wake_ = [&] { monitor_->watch("shop", {}); };
  watch(target(server.address()));
  ASSERT_TRUE(until([&] { return wakes_["shop"] == 1; }));
  run_for(50ms);
  EXPECT_EQ(server.requests().size(), 1U);
  on_wake_ = [&] { monitor_.reset(); };
  watch(target(server.address()));
  ASSERT_TRUE(until([&] { return monitor_ == nullptr; }));
  run_for(50ms);
  EXPECT_EQ(wakes_["shop"], 2);
}

TEST_F(HealthMonitorTest, EndsQuietlyInTheMiddleOfARequest) {
  HealthServer server{loop_};
  server.answer("");
  watch(target(server.address()));
  monitor_->watch_traffic("shop", {traffic(server)});
  ASSERT_TRUE(until([&] { return server.requests().size() == 2; }));
  monitor_.reset();
  run_for(150ms);
  EXPECT_TRUE(wakes_.empty());
}

}  // namespace
}  // namespace teal::test
