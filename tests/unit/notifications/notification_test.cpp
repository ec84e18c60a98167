#include "daemon/drivers/notifications/notification.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/drivers/notifications/webhook/body.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace json = boost::json;

records::Event event(std::string reason, std::string object = "Rollout/shop-7") {
  records::Event made;
  made.time = Time{1700000000123ms};
  made.reason = spec::Reason::named(reason);
  made.message = "all <b> & \"well\"";
  made.application = "shop";
  made.object = std::move(object);
  return made;
}

records::RolloutRecord record() {
  records::RolloutRecord made;
  made.application = "shop";
  made.course.target.number = 7;
  made.course.target.application.spec.version = "2.0.0";
  made.course.from_version = "1.0.0";
  made.started_at = Time{1700000000000ms};
  return made;
}

TEST(Notification, OnlyEndsOfRolloutsAndApprovalsAreToldOf) {
  EXPECT_EQ(notifications::notice_of(event("Complete")), notifications::Notice::RolloutCompleted);
  EXPECT_EQ(notifications::notice_of(event("RolledBack")), notifications::Notice::RolloutFailed);
  EXPECT_EQ(notifications::notice_of(event("Failed")), notifications::Notice::RolloutFailed);
  EXPECT_EQ(notifications::notice_of(event("AwaitingApproval")), notifications::Notice::ApprovalNeeded);
  EXPECT_EQ(notifications::notice_of(event("Paused")), notifications::Notice::RolloutPaused);
  for (const std::string reason : {"Pending", "Verifying", "RollingBack", "Superseded", "Deleted", "", "complete"}) {
    EXPECT_EQ(notifications::notice_of(event(reason)), std::nullopt) << reason;
  }
  EXPECT_EQ(notifications::notice_of(event("Failed", "Application/shop")), std::nullopt);
}

TEST(Notification, FindsTheRevisionOfItsRollout) {
  EXPECT_EQ(notifications::revision_of(event("Complete")), 7);
  auto dashed = event("Complete", "Rollout/shop-2-12");
  dashed.application = "shop-2";
  EXPECT_EQ(notifications::revision_of(dashed), 12);
  for (const std::string object :
       {"Rollout/shop-", "Rollout/shop-x", "Rollout/shop-7x", "Rollout/other-7", "shop-7", ""})
    EXPECT_EQ(notifications::revision_of(event("Complete", object)), std::nullopt) << object;
}

TEST(Notification, IsJsonWhateverWasSaid) {
  auto strange = event("Complete");
  strange.message = "said \xff";
  for (const auto format : {webhook::WebhookFormat::Json, webhook::WebhookFormat::Slack}) {
    const auto text = webhook::body_of(
        notifications::make_notification(notifications::Notice::RolloutCompleted, strange, record()), format);
    EXPECT_NE(json::serialize(json::parse(text)).find("said \xef\xbf\xbd"), std::string::npos) << text;
  }
}

TEST(Notification, JsonSaysAll) {
  const auto body = json::parse(webhook::body_of(
      notifications::make_notification(notifications::Notice::RolloutCompleted, event("Complete"), record()),
      webhook::WebhookFormat::Json));
  const json::value expected{{"apiVersion", "teal/v1"},
                             {"kind", "Notification"},
                             {"id", "shop-7/RolloutCompleted/1700000000000"},
                             {"type", "RolloutCompleted"},
                             {"time", "2023-11-14T22:13:20.123Z"},
                             {"application", "shop"},
                             {"rollout", "shop-7"},
                             {"fromVersion", "1.0.0"},
                             {"toVersion", "2.0.0"},
                             {"reason", "Complete"},
                             {"message", "all <b> & \"well\""}};
  EXPECT_EQ(body, expected);
}

TEST(Notification, EachPauseOfARolloutIsToldOnce) {
  const auto first = notifications::make_notification(notifications::Notice::RolloutPaused, event("Paused"), record());
  EXPECT_EQ(first.id, "shop-7/RolloutPaused/1700000000000/1700000000123");
  EXPECT_EQ(notifications::make_notification(notifications::Notice::RolloutPaused, event("Paused"), record()).id,
            first.id);
  auto again = event("Paused");
  again.time += 1min;
  EXPECT_NE(notifications::make_notification(notifications::Notice::RolloutPaused, again, record()).id, first.id);
  EXPECT_THAT(webhook::body_of(first, webhook::WebhookFormat::Slack),
              HasSubstr("rollout shop-7 is paused (1.0.0 → 2.0.0): "));
}

TEST(Notification, SlackTextIsEscaped) {
  const auto body = json::parse(webhook::body_of(
      notifications::make_notification(notifications::Notice::RolloutFailed, event("RolledBack"), record()),
      webhook::WebhookFormat::Slack));
  const json::value expected{{"text", "*shop*: rollout shop-7 failed (1.0.0 → 2.0.0): all &lt;b&gt; &amp; \"well\""}};
  EXPECT_EQ(body, expected);
}

TEST(Notification, GetsAlongWithoutARecordAndShortensLongMessages) {
  auto long_one = event("AwaitingApproval");
  long_one.message.clear();
  for (int i = 0; i < 3000; ++i) long_one.message += "é";
  const auto notification =
      notifications::make_notification(notifications::Notice::ApprovalNeeded, long_one, std::nullopt);
  EXPECT_EQ(notification.id, "shop-7/ApprovalNeeded");
  const auto body = json::parse(webhook::body_of(notification, webhook::WebhookFormat::Json));
  EXPECT_EQ(body.at("fromVersion"), "");
  EXPECT_LT(body.at("message").as_string().size(), 4010U);
  EXPECT_THAT(std::string{body.at("message").as_string()}, testing::EndsWith("é…"));
}

TEST(Notification, AnApplicationMadeAnewHasNewIds) {
  auto second = record();
  second.started_at += 1s;
  EXPECT_NE(notifications::make_notification(notifications::Notice::RolloutFailed, event("Failed"), record()).id,
            notifications::make_notification(notifications::Notice::RolloutFailed, event("Failed"), second).id);
}

}  // namespace
}  // namespace teal::test
