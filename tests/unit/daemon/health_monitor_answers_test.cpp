// Answers as applications give them, and requests as they want them.
#include "tests/unit/daemon/health_monitor_fixture.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

spec::ValueSource literal(const std::string& text) { return {spec::ValueSource::Kind::Literal, text, {}}; }
spec::ValueSource file(const std::string& path) { return {spec::ValueSource::Kind::File, path, {}}; }

TEST_F(HealthMonitorTest, TheStatusDecidesWhateverBecomesOfTheRest) {
  HealthServer server{loop_};
  const std::vector<std::string> answers{
      HealthServer::response(200, std::string(200'000, 'x')),
      HealthServer::response(200, std::string(5'000'000, 'x')),
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nok",
      "HTTP/1.1 200\r\n\r\n",
      "HTTP/1.0 200 OK\n\nok",
      "HTTP/1.0 200 OK\nServer: old\n",
      "HTTP/1.1  200  OK\r\n\r\n",
      "HTTP/1.1 200 Tr\xC3\xA8s bien\x01\r\n\r\n",
      "HTTP/2 200\r\ncontent-type: text/plain\r\n\r\n",
      "http/1.1 200 ok\r\n\r\n",
      "\r\nHTTP/1.1 200 OK\r\nX Powered By: us\r\n: none\r\nno header\r\n folded\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n",
  };
  for (const auto& bytes : answers) {
    server.answer(bytes);
    watch(target(server.address()));
    EXPECT_TRUE(until([&] { return view().ever || view().failures > 0; }));
    EXPECT_TRUE(view().ever) << bytes.substr(0, 60) << "\n" << view().answer;
    monitor_->watch("shop", {});
  }
}

TEST_F(HealthMonitorTest, AnAnswerThatNeverEndsIsJudgedByItsStatus) {
  HealthServer server{loop_};
  server.answer_and_stay("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
  watch(target(server.address()));
  ASSERT_TRUE(until([&] { return view().ever; }));
  EXPECT_EQ(view().failures, 0);
  server.answer_and_stay("HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\nwarming up\nand on");
  ASSERT_TRUE(until([&] { return view().failures == 1; }));
  EXPECT_EQ(view().answer, "503: warming up");
}

TEST_F(HealthMonitorTest, ALongJsonAnswerIsReadAsFarAsItIsLookedAt) {
  HealthServer server{loop_};
  auto wanted = target(server.address());
  wanted.check.expected_json["/status"] = "\"ok\"";
  server.answer(200, R"({"details":")" + std::string(200'000, 'x') + R"(","status":"ok"})");
  watch(wanted);
  ASSERT_TRUE(until([&] { return view().ever; })) << view().answer;
  server.answer(200, R"({"details":")" + std::string(2'000'000, 'x') + R"(","status":"ok"})");
  ASSERT_TRUE(until([&] { return view().failures == 1; }));
  EXPECT_EQ(view().answer, "200, but the answer is larger than 1048576 bytes, and expect.json needs all of it");
}

TEST_F(HealthMonitorTest, SendsTheHeadersThatTheCheckNames) {
  HealthServer server{loop_};
  secrets_.values["/etc/shop/token"] = "Bearer s3cret-t0ken";
  auto wanted = target(server.address());
  wanted.check.headers = {{"Host", literal("shop.example")},
                          {"X-Forwarded-Proto", literal("https")},
                          {"user-agent", literal("monitor/1")},
                          {"Authorization", file("/etc/shop/token")}};
  watch(wanted);
  ASSERT_TRUE(until([&] { return view().ever; }));
  const auto& request = server.requests().at(0);
  EXPECT_THAT(request, HasSubstr("\r\nHost: shop.example\r\n"));
  EXPECT_THAT(request, Not(HasSubstr(server.address())));
  EXPECT_THAT(request, HasSubstr("\r\nX-Forwarded-Proto: https\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nuser-agent: monitor/1\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("User-Agent")));
  EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Bearer s3cret-t0ken\r\n"));
  EXPECT_EQ(secrets_.reads, 1) << "a program's value is not asked for with every probe";
}

TEST_F(HealthMonitorTest, SendsThemThroughTheLoadBalancerToo) {
  HealthServer server{loop_};
  auto wanted = traffic(server);
  wanted.check.headers = {{"Host", literal("shop.example")}};
  monitor_->watch_traffic("shop", {wanted});
  ASSERT_TRUE(until([&] { return !server.requests().empty(); }));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nHost: shop.example\r\n"));
}

TEST_F(HealthMonitorTest, AChangedHeaderIsSentAtOnce) {
  HealthServer server{loop_};
  auto wanted = target(server.address());
  watch(wanted);
  ASSERT_TRUE(until([&] { return view().ever; }));
  wanted.check.headers = {{"Host", literal("shop.example")}};
  watch(wanted);
  const auto before = server.requests().size();
  ASSERT_TRUE(until([&] { return server.requests().size() > before + 1; }));
  EXPECT_THAT(server.requests().back(), HasSubstr("\r\nHost: shop.example\r\n"));
}

TEST_F(HealthMonitorTest, AHeaderThatCannotBeReadIsNamed) {
  HealthServer server{loop_};
  auto wanted = target(server.address());
  wanted.check.headers = {{"Authorization", file("/etc/shop/token")}};
  watch(wanted);
  ASSERT_TRUE(until([&] { return view().failures == 1; }));
  EXPECT_EQ(view().answer, "health.headers.Authorization: there is no file /etc/shop/token");
  EXPECT_TRUE(server.requests().empty());
  secrets_.values["/etc/shop/token"] = "Bearer s3cret-t0ken";
  ASSERT_TRUE(until([&] { return view().ever; }));
}

TEST_F(HealthMonitorTest, AHeaderWithALineBreakIsNotSentAndNotShown) {
  HealthServer server{loop_};
  secrets_.values["/etc/shop/token"] = "s3cret-t0ken\r\nX-Evil: 1";
  auto wanted = target(server.address());
  wanted.check.headers = {{"Authorization", file("/etc/shop/token")}};
  watch(wanted);
  ASSERT_TRUE(until([&] { return view().failures == 1; }));
  EXPECT_EQ(view().answer, "the HTTP header Authorization is malformed");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HealthMonitorTest, WhatWasSentAsASecretIsNotShown) {
  HealthServer server{loop_};
  secrets_.values["/etc/shop/token"] = "s3cret-t0ken";
  auto wanted = target(server.address());
  wanted.check.headers = {{"X-Probe", file("/etc/shop/token")}, {"Cookie", literal("session=c00kie-of-mine")}};
  watch(wanted);
  server.answer(403, "who is s3cret-t0ken\nwith session=c00kie-of-mine?");
  ASSERT_TRUE(until([&] { return view().failures >= 1 && view().answer.starts_with("403"); }));
  EXPECT_EQ(view().answer, "403: who is ***");
  EXPECT_THAT(view().body, Not(HasSubstr("c00kie-of-mine")));
  server.answer("HTTP/1.1 302 Found\r\nLocation: /login?was=s3cret-t0ken\r\n\r\n");
  ASSERT_TRUE(until([&] { return view().answer.starts_with("302"); }));
  EXPECT_THAT(view().answer, Not(HasSubstr("s3cret-t0ken")));
}

}  // namespace
}  // namespace teal::test
