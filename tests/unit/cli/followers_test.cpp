// What follows ends with an error once the caller may no longer see it, teald is away, or teald ends the stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* entry = R"({"time":"2026-11-30T04:00:00.000Z","who":"ci","action":"update","count":1})";

bool is_stream(const Asked& asked) { return asked.line.find("follow=true") != std::string::npos; }

std::string with_job_state(const std::string& state) {
  auto rollout = boost::json::parse(canned_rollout("Migrating"));
  rollout.at("status").as_object()["migration"] =
      boost::json::parse(R"([{"job":"default","attempts":1,"state":")" + state + R"("}])");
  return boost::json::serialize(rollout);
}

TEST(FollowedAudit, EndsWithTheRefusalOfATokenThatWasRevokedMeanwhile) {
  const FakeTeald teald{[](const Asked& asked) {
    return is_stream(asked) ? http_answer(200, std::string(entry) + "\n") : http_failure(401, "who are you?");
  }};
  const auto got =
      run_teal({"audit", "-a", "shop", "--since", "1h", "--follow", "--server", teald.url()}, "", {"TEAL_TOKEN=x"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, HasSubstr("2026-11-30T04:00:00.000Z   ci"));
  EXPECT_THAT(got.err, AllOf(HasSubstr("who are you?"), HasSubstr("wrong, expired or revoked")));
  EXPECT_EQ(teald.asked().back().line, "GET /apis/teal/v1/audit?application=shop&since=1h&limit=1");
}

TEST(FollowedAudit, SaysThatTealdEndedIt) {
  const FakeTeald teald{
      [](const Asked& asked) { return is_stream(asked) ? http_answer(200, "") : http_answer(200, R"({"items":[]})"); }};
  const auto got = run_teal({"audit", "--follow", "--server", teald.url()});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("teald ended the stream"));
}

TEST(FollowedLog, OfAReplicaEndsWithTheRefusalOfATokenThatWasRevokedMeanwhile) {
  std::atomic<bool> revoked{false};
  const FakeTeald teald{[&](const Asked& asked) {
    if (revoked) return http_failure(401, "who are you?");
    if (is_stream(asked)) {
      revoked = true;
      return http_answer(200, "a line\n", "text/plain");
    }
    return http_answer(200, asked.line.find("rollouts") == std::string::npos ? canned_application() : canned_rollout());
  }};
  const auto got = run_teal({"logs", "shop", "-c", "api", "-f", "--server", teald.url()});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.out, "a line\n");
  EXPECT_THAT(got.err, HasSubstr("who are you?"));
}

TEST(FollowedLog, OfAReplicaThatRunsOnWasEndedByTeald) {
  auto application = boost::json::parse(canned_application());
  application.at("status").as_object()["components"] = boost::json::parse(
      R"([{"name":"api","desired":1,"replicas":[{"name":"teal-shop-api-r7-0","revision":7,"state":"Running"}]}])");
  const FakeTeald teald{[text = boost::json::serialize(application)](const Asked& asked) {
    if (is_stream(asked)) return http_answer(200, "a line\n", "text/plain");
    return http_answer(200, asked.line.find("rollouts") == std::string::npos ? text : canned_rollout());
  }};
  const auto runs = run_teal({"logs", "shop", "-c", "api", "-f", "--server", teald.url()});
  EXPECT_EQ(runs.status, 1);
  EXPECT_THAT(runs.err, HasSubstr("teald ended the stream"));
  const auto gone = run_teal({"logs", "shop", "-c", "api", "--replica", "3", "-f", "--server", teald.url()});
  EXPECT_EQ(gone.status, 0) << gone.err;
}

TEST(FollowedLog, OfAJobThatRunsOnWasEndedByTeald) {
  const auto follow = [](const std::string& before, const std::string& after) {
    std::atomic<bool> ended{false};
    const FakeTeald teald{[&](const Asked& asked) {
      if (is_stream(asked)) {
        ended = true;
        return http_answer(200, "migrating\n", "text/plain");
      }
      if (asked.line.find("rollouts") == std::string::npos) return http_answer(200, canned_application());
      return http_answer(200, with_job_state(ended ? after : before));
    }};
    return run_teal({"logs", "shop", "--migration", "-f", "--server", teald.url()});
  };
  EXPECT_EQ(follow("Running", "Succeeded").status, 0);
  EXPECT_EQ(follow("Running", "Failed").status, 1);
  const auto cut = follow("Running", "Running");
  EXPECT_EQ(cut.status, 1);
  EXPECT_THAT(cut.err, HasSubstr("teald ended the stream"));
}

}  // namespace
}  // namespace teal::cli
