// `teal wait` as a program: its exit statuses, and a teald that comes, goes, dawdles and lies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;

// The rollout goes through `phases`, one further with each time it is asked for, and stays at the last.
class Course {
 public:
  explicit Course(std::vector<std::string> phases) : phases_(std::move(phases)) {}

  std::string operator()(const Asked& asked) {
    if (asked.line == "GET /apis/teal/v1/applications/shop") return http_answer(200, canned_application());
    if (asked.line != "GET /apis/teal/v1/rollouts/shop-7") return http_failure(404, "not found");
    const auto phase = phases_[std::min(next_, phases_.size() - 1)];
    ++next_;
    return http_answer(200, canned_rollout(phase, "message of " + phase));
  }

 private:
  std::vector<std::string> phases_;
  std::size_t next_ = 0;
};

Outcome wait_for(const FakeTeald& teald, const std::string& goal, const std::string& timeout) {
  return run_teal({"wait", "shop", "--for", goal, "--timeout", timeout, "--server", teald.url()});
}

TEST(Wait, EndsWithTheRolloutAndTellsEachStepOnce) {
  const FakeTeald teald{Course{{"Starting", "Starting", "Verifying", "Complete"}}};
  const auto got = wait_for(teald, "Complete", "20s");
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.err, "shop-7 Starting: message of Starting\nshop-7 Verifying: message of Verifying\n");
  EXPECT_EQ(got.out, "shop-7 Complete: message of Complete\n");
}

TEST(Wait, FailsAtOnceWithTheReasonWhenItRollsBack) {
  const FakeTeald teald{Course{{"Verifying", "RollingBack", "RolledBack"}}};
  const auto began = std::chrono::steady_clock::now();
  const auto got = wait_for(teald, "Complete", "1m");
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("error: shop-7 RolledBack: message of RolledBack\n"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{10});
  EXPECT_EQ(wait_for(teald, "Healthy", "1m").status, 1);
  EXPECT_EQ(wait_for(teald, "RolledBack", "1m").status, 0);
}

TEST(Wait, TimesOutAndSaysWhereItWas) {
  const FakeTeald teald{Course{{"Starting"}}};
  const auto got = wait_for(teald, "Complete", "500ms");
  EXPECT_EQ(got.status, 4);
  EXPECT_THAT(got.err,
              HasSubstr("error: timed out after 500ms waiting for shop to be Complete: shop-7 Starting: message of"));
}

TEST(Wait, LooksOnceWithoutATimeout) {
  const FakeTeald teald{Course{{"Complete"}}};
  EXPECT_EQ(wait_for(teald, "Complete", "0s").status, 0);
}

TEST(Wait, TimesOutOnATealdThatNeverAnswers) {
  const FakeTeald teald{[](const Asked&) {
    std::this_thread::sleep_for(std::chrono::seconds{10});
    return std::string{};
  }};
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(wait_for(teald, "Complete", "700ms").status, 4);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{8});
}

TEST(Wait, OutlastsARestartOfTeald) {
  std::atomic<bool> asked_once{false};
  std::atomic<bool> restarted{false};
  Course starting{{"Starting"}};
  Course complete{{"Complete"}};
  FakeTeald teald{[&](const Asked& asked) {
    if (asked.line.find("rollouts") != std::string::npos) asked_once = true;
    return restarted ? complete(asked) : starting(asked);
  }};
  std::thread restart{[&] {
    while (!asked_once) std::this_thread::sleep_for(std::chrono::milliseconds{10});
    teald.stop();
    std::this_thread::sleep_for(std::chrono::milliseconds{700});
    restarted = true;
    teald.start();
  }};
  const auto got = wait_for(teald, "Complete", "20s");
  restart.join();
  EXPECT_EQ(got.status, 0);
  EXPECT_THAT(got.err, HasSubstr("teald is away: cannot reach teald at"));
}

TEST(Wait, GivesAnApplicationAMomentToAppear) {
  std::atomic<int> asked_for{0};
  Course complete{{"Complete"}};
  const FakeTeald appearing{
      [&](const Asked& asked) { return ++asked_for < 4 ? http_failure(404, "not found") : complete(asked); }};
  EXPECT_EQ(wait_for(appearing, "Complete", "20s").status, 0);
  const FakeTeald never{[](const Asked&) { return http_failure(404, "not found"); }};
  const auto got = wait_for(never, "Complete", "1m");
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("error: there is no application shop\n"));
  EXPECT_EQ(wait_for(never, "Deleted", "1m").status, 0);
}

TEST(Wait, FailsWhenASupersededRolloutHasNoSuccessor) {
  const FakeTeald teald{Course{{"Starting", "Superseded"}}};
  const auto got = wait_for(teald, "Complete", "1m");
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("error: shop-7 Superseded"));
}

TEST(Wait, IsRefusedByATealdThatDeniesIt) {
  const FakeTeald teald{[](const Asked&) { return http_failure(401, "a token is needed"); }};
  const auto got = wait_for(teald, "Complete", "1m");
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, testing::StartsWith("error: a token is needed\n"));
}

}  // namespace
}  // namespace teal::cli
