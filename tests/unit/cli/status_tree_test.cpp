#include "cli/status_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "manifests/foundation/parse_time.hpp"
#include "tests/unit/cli/canned.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const Time now = *parse_time("2026-11-22T17:00:45Z");

std::string tree(const std::string& application, const std::optional<std::string>& rollout, const Screen& screen = {},
                 bool wide = false) {
  std::optional<RolloutView> latest;
  if (rollout) latest = read_rollout(boost::json::parse(*rollout));
  return render_tree(status_tree(read_application(boost::json::parse(application)), latest, now, wide, screen), screen);
}

TEST(StatusTree, ShowsARolloutUnderWay) {
  EXPECT_EQ(tree(canned_application(), canned_rollout()), R"(shop  1.0 → 1.1  Progressing
│  waiting for api replica 1 of revision 7
│  ! Orphaned True (FileGone): shop.yaml is gone
│  ! Serving False
├─ rollout shop-7  1.0 → 1.1  Starting  for 45s
│     1 of 2 healthy
│     ✓ Pending          0s
│     ✓ Preparing        2.1s
│     ✓ Migrating        31s
│         default Succeeded (31s, exit 0)
│     ● Starting         12s
│     ○ Introducing
│     ○ Verifying
│     ○ Withdrawing
│     ○ Retiring
│     ○ Complete
│     traffic: 123 probes, 0 failed, p50 1.1 ms p99 24.5 ms max 31 ms, 2 load balancer errors
├─ revision 7 1.1  incoming
│  ├─ api 1 of 2 ready
│  │  ├─ ● teal-shop-api-r7-0  Running  healthy: 200  NotRegistered  0 sessions
│  │  └─ ● teal-shop-api-r7-1  Running  1 of 2 needed: 503: database unreachable  NotRegistered  0 sessions
│  └─ worker 0 of 1 ready
└─ revision 6 1.0  active
   ├─ api 1 of 2 ready
   │  ├─ ● teal-shop-api-r6-0  Running  healthy: 200  Up  1 session
   │  └─ ● teal-shop-api-r6-1  Exited  Down  0 sessions
   └─ worker 1 of 1 ready
      └─ ● teal-shop-worker-r6-0  Running  running
)");
}

TEST(StatusTree, NamesTheServerOfAReplicaWhenWide) {
  auto application = boost::json::parse(canned_application());
  auto& replica = application.at_pointer("/status/components/0/replicas/0").as_object();
  replica["server"] = "teal-shop-api-r3-1";
  const auto text = boost::json::serialize(application);
  EXPECT_THAT(tree(text, std::nullopt, {}, true), HasSubstr("as server teal-shop-api-r3-1"));
  EXPECT_THAT(tree(text, std::nullopt), Not(HasSubstr("teal-shop-api-r3-1")));
}

TEST(StatusTree, ShowsWhatPrometheusSaidDuringTheBake) {
  auto rollout = boost::json::parse(canned_rollout("Verifying"));
  rollout.at("status").as_object()["analysis"] = boost::json::parse(
      R"([{"name":"errors","value":0.5,"limit":"max 0.01","state":"Failing","failures":2,"answer":"0.5"},
          {"name":"latency","limit":"max 1","state":"NoData","failures":0,"answer":"not asked yet"}])");
  const auto text = tree(canned_application(), boost::json::serialize(rollout));
  EXPECT_THAT(text, HasSubstr("analysis errors: Failing, 2 in a row (0.5; max 0.01)"));
  EXPECT_THAT(text, HasSubstr("analysis latency: NoData (not asked yet; max 1)"));
}

TEST(StatusTree, ShowsHowFarThePullIs) {
  auto rollout = boost::json::parse(canned_rollout("Preparing"));
  rollout.at("status").as_object()["pull"] =
      boost::json::parse(R"({"layersDone":2,"layers":5,"bytesDone":12300000,"bytes":49200000})");
  EXPECT_THAT(tree(canned_application(), boost::json::serialize(rollout)),
              HasSubstr("image 2 of 5 layers █████░░░░░░░░░░░░░░░ 12.3 of 49.2 MB"));
  rollout.at("status").as_object()["pull"] =
      boost::json::parse(R"({"layersDone":5,"layers":5,"bytesDone":0,"bytes":0})");
  EXPECT_THAT(tree(canned_application(), boost::json::serialize(rollout)), HasSubstr("image 5 of 5 layers\n"));
}

TEST(StatusTree, ShowsWhatARolledBackRolloutWentThroughAndNothingToCome) {
  const auto text = tree(canned_application("Degraded"), canned_rollout("RolledBack", "503: database unreachable"));
  EXPECT_THAT(text, HasSubstr("rollout shop-7  1.0 → 1.1  RolledBack  in 3m12s"));
  EXPECT_THAT(text, HasSubstr("503: database unreachable"));
  EXPECT_THAT(text, HasSubstr("✗ RolledBack\n"));
  EXPECT_THAT(text, Not(HasSubstr("○")));
  EXPECT_THAT(text, HasSubstr("revision 7 1.1  outgoing")) << "its replicas are still being removed";
}

std::string rolled_back(const std::string& cause, const std::string& said, const std::string& of_rollout,
                        bool wide = false) {
  auto application = boost::json::parse(canned_application("Degraded"));
  auto& status = application.at("status").as_object();
  status["message"] = said;
  status["conditions"] = boost::json::array{
      {{"type", "Ready"}, {"status", "False"}, {"reason", "ReplicasNotReady"}, {"message", said}},
      {{"type", "Migrated"}, {"status", "False"}, {"reason", "MigrationFailed"}, {"message", cause}},
      {{"type", "Progressing"}, {"status", "False"}, {"reason", "RolledBack"}, {"message", of_rollout}}};
  auto rollout = boost::json::parse(canned_rollout("RolledBack", of_rollout));
  rollout.at("status").as_object()["failure"] = cause;
  rollout.at("status").at("migration").at(0).as_object()["state"] = "Failed";
  rollout.at("status").at("migration").at(0).as_object()["message"] = cause;
  return tree(boost::json::serialize(application), boost::json::serialize(rollout), {}, wide);
}

TEST(StatusTree, TellsAFailureInThreeLinesAndItsCauseOnce) {
  const std::string cause = "job default exited with code 3";
  const auto said = "1.1 was rolled back, 1.0 keeps serving: " + cause + "; change the spec, or run teal retry shop";
  const auto text = rolled_back(cause, said, "1.0 serves again");
  EXPECT_THAT(text, HasSubstr("│  Happened  1.1 was rolled back: job default exited with code 3\n"
                              "│  Now       1.0 serves, 3 of 3 replicas ready; what 1.1 may have changed in the schema "
                              "stays\n"
                              "│  Do        teal logs shop --migration shows more; then change the spec, or teal retry "
                              "shop\n"));
  const auto times = [&](const std::string& shown) {
    int found = 0;
    for (auto at = shown.find(cause); at != std::string::npos; at = shown.find(cause, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(times(text), 1) << text;
  EXPECT_THAT(text, HasSubstr("! Migrated False (MigrationFailed)\n"));
  EXPECT_THAT(text, HasSubstr("1.0 serves again\n")) << "what the rollout has to add";
  EXPECT_THAT(text, Not(HasSubstr(said)));
  EXPECT_THAT(rolled_back(cause, said, cause, true), HasSubstr(said)) << "as teald says it, when wide";
  EXPECT_THAT(rolled_back(cause, said, cause + "; 1.0 does not come back: no image"),
              HasSubstr("; 1.0 does not come back: no image\n"))
      << "nothing is lost";
  const auto other = rolled_back(cause, "the newest spec waits for its window", "1.0 serves again");
  EXPECT_THAT(other, Not(HasSubstr("CommitEntries"))) << "the message is of something else";
  EXPECT_THAT(other, HasSubstr("the newest spec waits for its window\n"));
}

TEST(StatusTree, ShowsWhatWasSeenOfAFailure) {
  auto rollout = boost::json::parse(canned_rollout("RolledBack"));
  auto& status = rollout.at("status").as_object();
  status["failure"] = "api replica 0 of revision 7 exited with code 137";
  status["phases"].as_array().back() = boost::json::parse(R"({"phase":"Starting","startedAt":"2026-11-22T17:00:33Z"})");
  status["phases"].as_array().push_back(
      boost::json::parse(R"({"phase":"RollingBack","startedAt":"2026-11-22T17:00:34Z"})"));
  status["evidence"] = boost::json::parse(R"({"containers":[
      {"container":"teal-shop-api-r7-0","component":"api","state":"Exited","exitCode":137,"outOfMemory":true,
       "log":"one\ntwo\nthree\nfour\nfive\nsix\u001b[2J"},
      {"container":"teal-shop-api-r7-1","component":"api","state":"Running","answer":"503: no","failures":3,
       "body":"{\"error\": \"no\"}"},
      {"container":"teal-shop-api-r6-0","component":"api","state":"Running","answer":"200"}],
      "servers":[{"loadBalancer":"edge","backend":"shop_api","server":"teal-shop-api-r7-0","state":"Up","check":"UP L7OK",
                  "sessions":1,"errors":3,"removed":true},
                 {"loadBalancer":"edge","backend":"shop_api","server":"teal-shop-api-r7-1","state":"Down","check":"L7STS 503",
                  "sessions":2,"errors":0},
                 {"loadBalancer":"edge","backend":"shop_api","server":"teal-shop-api-r7-2","state":"Up","sessions":0,"errors":0},
                 {"loadBalancer":"edge","backend":"shop_api","server":"teal-shop-api-r6-0","state":"Up","errors":4}],
      "loadBalancerProblems":[{"message":"edge/shop_admin: connect: refused"}]})");
  status["rollback"] = boost::json::parse(R"({"toRevision":5,"by":"ann"})");
  const auto text = tree(canned_application("Degraded"), boost::json::serialize(rollout));
  EXPECT_THAT(text, HasSubstr("✓ Migrating"));
  EXPECT_THAT(text, HasSubstr("✗ Starting")) << "where it went wrong";
  EXPECT_THAT(text, HasSubstr("teal-shop-api-r7-0 exited with code 137 (out of memory)\n"));
  EXPECT_THAT(text, Not(HasSubstr("    one\n"))) << "the last lines only";
  EXPECT_THAT(text, HasSubstr("    two\n"));
  EXPECT_THAT(text, HasSubstr("    six"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("teal-shop-api-r7-1 503: no (3 failed in a row)\n"));
  EXPECT_THAT(text, HasSubstr("{\"error\": \"no\"}"));
  EXPECT_THAT(text, HasSubstr("back to revision 5, asked for by ann"));
  EXPECT_THAT(text, HasSubstr("edge/shop_api teal-shop-api-r7-0 Up: UP L7OK, 1 session, 3 errors, removed when its "
                              "replica ended\n"));
  EXPECT_THAT(text, HasSubstr("edge/shop_api teal-shop-api-r7-1 Down: L7STS 503, 2 sessions, 0 errors\n"));
  EXPECT_THAT(text, HasSubstr("edge/shop_admin: connect: refused\n"));
  EXPECT_THAT(text, Not(HasSubstr("edge/shop_api teal-shop-api-r7-2"))) << "well: wide only";
  EXPECT_THAT(text, Not(HasSubstr("edge/shop_api teal-shop-api-r6-0"))) << "wide only";
  const auto wide = tree(canned_application("Degraded"), boost::json::serialize(rollout), {}, true);
  EXPECT_THAT(wide, HasSubstr("edge/shop_api teal-shop-api-r6-0 Up, 4 errors"));
}

TEST(StatusTree, CompletesWithEveryPhaseDone) {
  const auto text = tree(canned_application("Healthy"), canned_rollout("Complete"));
  EXPECT_THAT(text, HasSubstr("✓ Complete\n"));
  EXPECT_THAT(text, Not(HasSubstr("○")));
  EXPECT_THAT(text, HasSubstr("! Migrated False (Migrating)")) << "no rollout runs, so it is not to be expected";
}

TEST(StatusTree, IsPlainAsciiOutsideUtf8) {
  for (const char c : tree(canned_application(), canned_rollout(), {.unicode = false})) {
    ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << int(c);
  }
}

TEST(StatusTree, AddsAddressesAndTimesWhenWide) {
  const auto text = tree(canned_application(), canned_rollout(), {}, true);
  EXPECT_THAT(text, HasSubstr("127.0.0.1:4003"));
  EXPECT_THAT(text, HasSubstr("started: 2026-11-22T17:00:00.000Z"));
  EXPECT_THAT(text, HasSubstr("image: sha256:abc"));
}

TEST(StatusTree, ShowsAnApplicationThatHasNothingYet) {
  EXPECT_EQ(
      tree(R"({"metadata":{"name":"shop","generation":2},"spec":{"version":"1.0"},"status":{"observedGeneration":1}})",
           std::nullopt),
      "shop  1.0  Unknown\n   generation 2 is saved but not processed yet\n");
  EXPECT_EQ(tree("{}", std::nullopt), "  Unknown\n");
}

TEST(StatusTree, SurvivesAnswersOfAnyShape) {
  for (const std::string odd :
       {R"({"metadata":[],"spec":3,"status":{"components":[1,{"replicas":[null,{"revision":"x"}]}]}})",
        R"({"status":{"phases":{},"conditions":[[]],"activeRevision":1e300,"message":{"a":1}}})",
        R"({"status":{"startedAt":"soon","phases":[{"startedAt":5}],"migration":[7]}})"}) {
    EXPECT_FALSE(tree(odd, odd).empty());
  }
}

TEST(StatusTree, NeutralisesWhatServersSay) {
  auto application = canned_application();
  application.replace(application.find("database unreachable"), 8, "\\u001b[2J\\u0007");
  EXPECT_THAT(tree(application, canned_rollout("Starting", "\\u001b]0;x")), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace teal::cli
