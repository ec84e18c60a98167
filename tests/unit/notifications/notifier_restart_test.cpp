// What a notifier remembers, and what it finds again after teald was killed.
#include "tests/unit/notifications/notifier_rig.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

TEST_F(NotifierRig, ANewWebhookIsNotToldOfThePast) {
  happens("Complete", 1);
  happens("Failed", 2);
  start();
  ASSERT_TRUE(requests_become(0));
  reply("200 OK");
  happens("Complete", 3);
  ASSERT_TRUE(requests_become(1));
  EXPECT_THAT(server_.requests()[0], HasSubstr("shop-3"));
}

TEST_F(NotifierRig, WhatWasDeliveredIsNotSentAgainAfterARestart) {
  start();
  reply("200 OK");
  happens("Complete", 1);
  ASSERT_TRUE(requests_become(1));
  start();
  ASSERT_TRUE(requests_become(1));
  happens("Complete", 1);
  ASSERT_TRUE(requests_become(1));
}

TEST_F(NotifierRig, WhatWasNotDeliveredIsSentAfterARestartAndOnlyThat) {
  pace_.first_delay = pace_.longest_delay = Duration{3600000};
  start();
  reply("503 Service Unavailable");
  reply("200 OK");
  happens("Complete", 1);
  ASSERT_TRUE(requests_become(1));
  happens("Complete", 2);
  ASSERT_TRUE(requests_become(2));
  reply("200 OK");
  start();
  ASSERT_TRUE(requests_become(3));
  EXPECT_THAT(server_.requests()[2], HasSubstr("shop-1/RolloutCompleted"));
}

TEST_F(NotifierRig, WhatHappenedWhileNobodyListenedIsSentAfterTheStart) {
  start();
  stop();
  happens("Failed", 4);
  reply("200 OK");
  start();
  ASSERT_TRUE(requests_become(1));
  EXPECT_THAT(server_.requests()[0], HasSubstr("shop-4/RolloutFailed"));
}

TEST_F(NotifierRig, ARestartInTheMiddleOfATrySendsTheSameIdAgain) {
  start();
  Reply silent;
  server_.script(silent);
  happens("Complete", 1);
  ASSERT_TRUE(until([&] { return server_.requests().size() == 1; }));
  reply("200 OK");
  start();
  ASSERT_TRUE(requests_become(2));
  EXPECT_THAT(server_.requests()[1], HasSubstr("shop-1/RolloutCompleted"));
}

TEST_F(NotifierRig, GoesOnWhenTheStoreAnswersAgain) {
  for (const std::string operation : {"told_notices", "settle_notice", "events"}) {
    store_.inject(FakeStore::Fault::Fail, 1, operation);
  }
  start();
  run_for(Duration{3500});
  for (const std::string operation : {"events", "rollout"}) store_.inject(FakeStore::Fault::Fail, 1, operation);
  reply("200 OK");
  happens("Complete", 1);
  ASSERT_TRUE(requests_become(1));
}

TEST_F(NotifierRig, TwoWebhooksOfOneAddressAreToldEachByItself) {
  start({webhook(), webhook()});
  reply("200 OK");
  reply("200 OK");
  happens("Complete", 1);
  ASSERT_TRUE(requests_become(2));
  start({webhook(), webhook()});
  ASSERT_TRUE(requests_become(2));
}

}  // namespace
}  // namespace teal::test
