#include "daemon/drivers/notifications/notifier.hpp"

#include <boost/json/parse.hpp>

#include "daemon/drivers/notifications/webhook/delivery.hpp"
#include "tests/unit/notifications/notifier_rig.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string header(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == request.npos) return "";
  const auto begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string body(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

std::string id(const std::string& request) {
  return std::string{boost::json::parse(body(request)).at("id").as_string()};
}

TEST_F(NotifierRig, TellsOfEachRolloutOnce) {
  start();
  reply("204 No Content");
  happens("Verifying", 7);
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(1));
  EXPECT_THAT(server_.requests()[0], AllOf(testing::StartsWith("POST /services/hidden-path?sig=hidden-query HTTP/1.1"),
                                           HasSubstr("Content-Type: application/json")));
  EXPECT_EQ(id(server_.requests()[0]), "shop-7/RolloutCompleted");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(1));
  EXPECT_EQ(counted("RolloutCompleted", "delivered"), "1");
  EXPECT_TRUE(told_.empty());
}

TEST_F(NotifierRig, TellsOnlyWhatWasAskedFor) {
  auto failures = webhook();
  failures.on = {notifications::Notice::RolloutFailed};
  start({failures});
  reply("200 OK");
  happens("Complete", 7);
  happens("AwaitingApproval", 8);
  happens("RolledBack", 8);
  ASSERT_TRUE(requests_become(1));
  EXPECT_EQ(id(server_.requests()[0]), "shop-8/RolloutFailed");
}

TEST_F(NotifierRig, NamesTheVersions) {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 7;
  record.course.target.application.spec.version = "2.0.0";
  record.course.from_version = "1.0.0";
  ASSERT_TRUE(await(loop_, store_.commit(record, {})));
  start();
  reply("200 OK");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(1));
  EXPECT_EQ(boost::json::parse(body(server_.requests()[0])).at("toVersion"), "2.0.0");
}

TEST_F(NotifierRig, SignsWhatItSends) {
  secrets_.values["KEY"] = "hidden-key";
  auto signed_one = webhook();
  signed_one.secret = spec::ValueSource{spec::ValueSource::Kind::Environment, "KEY", {}};
  start({signed_one});
  reply("200 OK");
  happens("Failed", 7);
  ASSERT_TRUE(requests_become(1));
  const auto& request = server_.requests()[0];
  EXPECT_EQ(header(request, "X-Teal-Timestamp"), "1700000000");
  EXPECT_EQ(header(request, "X-Teal-Signature"),
            webhook::signature_of(masking::Secret{"hidden-key"}, "1700000000", body(request)));
  EXPECT_THAT(request, Not(HasSubstr("hidden-key")));
}

TEST_F(NotifierRig, SendsNothingUnsignedWhenTheKeyIsMissing) {
  secrets_.values["EMPTY"] = "";
  for (const std::string key : {"NOT_SET", "EMPTY"}) {
    auto signed_one = webhook();
    signed_one.secret = spec::ValueSource{spec::ValueSource::Kind::Environment, key, {}};
    start({signed_one});
    happens("Failed", key == "EMPTY" ? 8 : 7);
    ASSERT_TRUE(until([&] { return counted("RolloutFailed", "failed") == "1"; }));
  }
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_THAT(told_.at(0).message, HasSubstr("webhook.secret: there is no variable NOT_SET"));
  EXPECT_THAT(told_.at(1).message, HasSubstr("webhook.secret: it is empty"));
}

TEST_F(NotifierRig, TriesAgainAfterAnErrorOfTheServers) {
  start();
  reply("500 Internal Server Error", "oops");
  reply("200 OK");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(2));
  EXPECT_EQ(id(server_.requests()[0]), id(server_.requests()[1]));
  EXPECT_EQ(counted("RolloutCompleted", "retried"), "1");
  EXPECT_EQ(counted("RolloutCompleted", "delivered"), "1");
}

TEST_F(NotifierRig, WaitsAsLongAsItIsAskedTo) {
  start();
  reply("429 Too Many Requests\r\nRetry-After: 1");
  reply("200 OK");
  happens("Complete", 7);
  ASSERT_TRUE(until([&] { return server_.requests().size() == 1; }));
  const auto asked = std::chrono::steady_clock::now();
  ASSERT_TRUE(requests_become(2));
  EXPECT_GE(std::chrono::steady_clock::now() - asked, 900ms);
}

TEST_F(NotifierRig, GivesUpAtOnceWhereTryingAgainCannotHelp) {
  start();
  reply("404 Not Found");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(1));
  EXPECT_EQ(counted("RolloutCompleted", "failed"), "1");
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_[0].reason, spec::Reason::NotificationFailed);
  EXPECT_TRUE(told_[0].warning);
  EXPECT_EQ(told_[0].object, "Rollout/shop-7");
  EXPECT_EQ(told_[0].message, "notifications[0]: RolloutCompleted for shop-7 was not delivered after 1 try: " +
                                  http::to_string(server_.endpoint()) + " answered 404");
  const auto stored = await(loop_, store_.events({})).value();
  EXPECT_EQ(stored.back().event, told_[0]);
}

TEST_F(NotifierRig, DoesNotFollowRedirects) {
  start();
  reply("307 Temporary Redirect\r\nLocation: " + http::to_string(server_.endpoint()) + "/elsewhere");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(1));
  EXPECT_THAT(told_.at(0).message, HasSubstr("answered 307, a redirect, which is not followed"));
}

TEST_F(NotifierRig, GivesUpAfterTheLastTry) {
  start();
  for (int i = 0; i < 5; ++i) reply("503 Service Unavailable");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(3));
  EXPECT_EQ(counted("RolloutCompleted", "retried"), "2");
  EXPECT_EQ(counted("RolloutCompleted", "failed"), "1");
  EXPECT_THAT(told_.at(0).message, HasSubstr("after 3 tries"));
}

TEST_F(NotifierRig, SurvivesServersThatHangRefuseTalkNonsenseOrNeverEnd) {
  pace_.tries = 1;
  pace_.deadline = 200ms;
  start();
  Reply hanging;
  hanging.pieces = {"HTTP/1.1 200 OK\r\n"};
  server_.script(hanging);
  happens("Complete", 1);
  ASSERT_TRUE(until([&] { return told_.size() == 1; }));
  EXPECT_THAT(told_[0].message, HasSubstr("no complete answer within 200ms"));
  reply("200 OK", std::string(1 << 20, 'x'));
  happens("Complete", 2);
  ASSERT_TRUE(until([&] { return told_.size() == 2; }));
  Reply nonsense;
  nonsense.pieces = {"SSH-2.0-OpenSSH_9.2\r\n"};
  nonsense.close = true;
  server_.script(nonsense);
  happens("Complete", 3);
  ASSERT_TRUE(until([&] { return told_.size() == 3; }));
  secrets_.values["URL"] = "http://127.0.0.1:1/hidden-path";
  happens("Complete", 4);
  ASSERT_TRUE(until([&] { return told_.size() == 4; }));
  EXPECT_THAT(told_[3].message, HasSubstr("connect to http://127.0.0.1:1: Connection refused"));
  EXPECT_EQ(counted("RolloutCompleted", "failed"), "4");
}

TEST_F(NotifierRig, NothingThatItSaysHoldsTheAddressOrTheKey) {
  secrets_.values["KEY"] = "hidden-key";
  auto hook = webhook();
  hook.secret = spec::ValueSource{spec::ValueSource::Kind::Environment, "KEY", {}};
  pace_.tries = 1;
  start({hook});
  reply("500 Internal Server Error", "hidden-path hidden-query");
  happens("Complete", 1);
  ASSERT_TRUE(until([&] { return told_.size() == 1; }));
  for (const std::string url : {"hidden-url", "https://user:hidden@127.0.0.1/x", "http://127.0.0.1:1/hidden-path"}) {
    secrets_.values["URL"] = url;
    const auto before = told_.size();
    happens("Complete", static_cast<int>(before) + 1);
    ASSERT_TRUE(until([&] { return told_.size() == before + 1; }));
  }
  for (const auto& event : told_) EXPECT_THAT(event.message, Not(HasSubstr("hidden"))) << event.message;
  EXPECT_THAT(metrics_->expose(), Not(HasSubstr("hidden")));
}

TEST_F(NotifierRig, AWebhookThatFailsHoldsUpNoOther) {
  secrets_.values["DEAD"] = "http://127.0.0.1:1/";
  auto dead = webhook();
  dead.url.text = "DEAD";
  start({dead, webhook()});
  reply("200 OK");
  happens("Complete", 7);
  ASSERT_TRUE(requests_become(1));
  EXPECT_EQ(counted("RolloutCompleted", "delivered", 1), "1");
  ASSERT_TRUE(until([&] { return counted("RolloutCompleted", "failed", 0) == "1"; }));
}

TEST_F(NotifierRig, DropsTheOldestWhenTooManyWait) {
  pace_.waiting = 2;
  pace_.first_delay = pace_.longest_delay = 1h;
  secrets_.values["URL"] = "http://127.0.0.1:1/";
  start();
  for (int i = 1; i <= 4; ++i) happens("Complete", i);
  ASSERT_TRUE(until([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_[0].reason, spec::Reason::NotificationDropped);
  EXPECT_THAT(told_[0].message, HasSubstr("RolloutCompleted for shop-1 was dropped: 2 newer ones wait already"));
  EXPECT_THAT(told_[1].message, HasSubstr("shop-2"));
  EXPECT_EQ(counted("RolloutCompleted", "dropped"), "2");
}

}  // namespace
}  // namespace teal::test
