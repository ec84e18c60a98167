// `webhook:` of teald.yaml's notifications, as the driver reads it.
#include <gmock/gmock.h>

#include "daemon/drivers/notifications/webhook/webhook.hpp"
#include "tests/support/read_settings.hpp"

namespace teal::test {
namespace {

TEST(WebhookSettings, AreReadFromTealdYaml) {
  std::string errors;
  const auto options =
      test::read_settings("{url: {fromFile: /etc/teal/webhook}, format: slack, secret: {fromExec: [/bin/key]}}",
                          webhook::read_webhook, &errors);
  EXPECT_EQ(errors, "");
  EXPECT_EQ(options.url.text, "/etc/teal/webhook");
  EXPECT_EQ(options.format, webhook::WebhookFormat::Slack);
  EXPECT_EQ(options.secret->command, std::vector<std::string>{"/bin/key"});
  EXPECT_EQ(test::read_settings("{url: x}", webhook::read_webhook).format, webhook::WebhookFormat::Json);
}

}  // namespace
}  // namespace teal::test
