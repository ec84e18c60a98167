// Who changed what, over the API; and who was refused.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

records::AuditEntry entry(const std::string& application, const std::string& action, Duration ago = 0ms) {
  records::AuditEntry made;
  made.time = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) - ago;
  made.by.name = "ci";
  made.by.proof = "token";
  made.by.from = "10.1.2.3:4";
  made.by.method = "PUT";
  made.by.path = "/apis/teal/v1/applications/shop";
  made.by.reason = "ticket 7";
  made.application = application;
  made.action = action;
  made.generation_before = 3;
  made.generation_after = 4;
  made.patch = R"([{"op":"replace","path":"/spec/version","value":"2"}])";
  return made;
}

class AuditApi : public ApiTest {
 protected:
  void append(std::vector<records::AuditEntry> entries) {
    on_loop([&] {
      boost::asio::co_spawn(loop_, store_.append(ports::CommitEntries{std::vector<records::Event>{}, entries}),
                            boost::asio::detached);
    });
  }

  std::vector<std::string> actions(const std::string& query) {
    const auto answer = get("/apis/teal/v1/audit" + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> all;
    const auto list = answer.json();
    for (const auto& item : list.at("items").as_array()) all.emplace_back(item.at("action").as_string());
    return all;
  }
};

TEST_F(AuditApi, ShowsAnEntryAsAnObject) {
  start();
  append({entry("shop", "update")});
  const auto answer = get("/apis/teal/v1/audit");
  EXPECT_EQ(answer.json().at("kind"), "AuditList");
  auto item = answer.json().at("items").at(0).as_object();
  item.erase("time");
  item.erase("metadata");
  EXPECT_EQ(boost::json::value(item), boost::json::parse(R"({"apiVersion":"teal/v1","kind":"AuditEntry","sequence":1,
      "who":"ci","proof":"token","from":"10.1.2.3:4","method":"PUT","path":"/apis/teal/v1/applications/shop",
      "application":"shop","action":"update","generationBefore":3,"generationAfter":4,
      "patch":[{"op":"replace","path":"/spec/version","value":"2"}],"reason":"ticket 7","outcome":"Allowed","count":1})"));
}

TEST_F(AuditApi, IsFilteredByApplicationTimeAndNumber) {
  start();
  append({entry("shop", "a", 26h), entry("blog", "b", 2h), entry("shop", "c", 1h), entry("", "d")});
  EXPECT_THAT(actions(""), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(actions("?application=shop"), ElementsAre("a", "c"));
  EXPECT_THAT(actions("?since=90m"), ElementsAre("c", "d"));
  EXPECT_THAT(actions("?since=1d"), ElementsAre("b", "c", "d"));
  EXPECT_THAT(actions("?since=2d&application=shop"), ElementsAre("a", "c"));
  EXPECT_THAT(actions("?since=2000-01-01T00:00:00Z"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(actions("?since=2999-01-01T00:00:00Z"), IsEmpty());
  EXPECT_THAT(actions("?limit=2"), ElementsAre("c", "d"));
  for (const std::string wrong : {"since=", "since=soon", "since=-1h", "since=d", "since=99999999999d", "limit=5001",
                                  "limit=x", "follow=maybe", "nothing=1"}) {
    const auto refused = get("/apis/teal/v1/audit?" + wrong);
    EXPECT_EQ(refused.status, 400) << wrong << ": " << refused.body;
  }
}

TEST_F(AuditApi, FollowedGivesWhatIsThereAndEachThatComesInALineOfItsOwn) {
  start();
  append({entry("shop", "a"), entry("blog", "b"), entry("shop", "c")});
  Socket socket(socket_);
  socket.send("GET /apis/teal/v1/audit?follow=true&application=shop&limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr(R"("action":"c")"));
  append({entry("blog", "d"), entry("shop", "e"), entry("shop", "f"), entry("shop", "g")});
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr(R"("action":"e")")) << "more at once than the limit";
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr(R"("action":"f")"));
  EXPECT_THAT(socket.read_until("}\n"), HasSubstr(R"("action":"g")"));
}

TEST_F(AuditApi, WhoIsRefusedIsOnRecordAndCounted) {
  start();
  EXPECT_EQ(call_tcp("POST", "/apis/teal/v1/applications/shop/retry").status, 403);
  boost::json::value found;
  for (int i = 0; i < 100; ++i) {
    found = get("/apis/teal/v1/audit?application=shop").json();
    if (!found.at("items").as_array().empty()) break;
    std::this_thread::sleep_for(20ms);
  }
  ASSERT_EQ(found.at("items").as_array().size(), 1U);
  const auto& denied = found.at("items").at(0);
  EXPECT_EQ(denied.at("outcome"), "Denied");
  EXPECT_EQ(denied.at("code"), 403);
  EXPECT_EQ(denied.at("count"), 1);
  EXPECT_FALSE(denied.as_object().contains("generationAfter"));
  const auto metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("teal_api_denied_total{reason=\"forbidden\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("teal_api_denied_total{reason=\"unauthenticated\"} 0\n"));
}

TEST_F(AuditApi, WhatIsOnlyCountedIsOnRecordOnceTheServerIsStopped) {
  start();
  for (int i = 0; i < 25; ++i) EXPECT_EQ(call_tcp("POST", "/apis/teal/v1/applications/shop/retry").status, 403);
  std::int64_t told = 0;
  on_loop([&] { boost::asio::co_spawn(loop_, server_->record_denials(), boost::asio::detached); });
  for (int i = 0; i < 100 && told < 25; ++i) {
    std::this_thread::sleep_for(20ms);
    on_loop([&] {
      told = 0;
      for (const auto& each : store_.all_audit()) told += each.count;
    });
  }
  EXPECT_EQ(told, 25);
}

TEST_F(AuditApi, ADenialWaitsForAStoreThatTakesNothingAndNobodyWaitsForIt) {
  for (int nth = 1; nth <= 4; ++nth) store_.inject(FakeStore::Fault::Fail, nth, "append");  // a second apart
  start();
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(call_tcp("POST", "/apis/teal/v1/applications/shop/retry").status, 403);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3500ms);
  for (int i = 0; i < 1000 && actions("").empty(); ++i) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(actions("").size(), 1U);
}

}  // namespace
}  // namespace teal::test
