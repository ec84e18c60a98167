// What `teal logs` says of a failure beside what was printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;

TEST(Logs, EndWithWhatTheLoadBalancersCountedOfEachServer) {
  auto rollout = boost::json::parse(canned_rollout("RolledBack"));
  rollout.at("status").as_object()["evidence"] = boost::json::parse(R"({"containers":[
      {"container":"teal-shop-api-r7-0","component":"api","state":"Exited","exitCode":137}],
      "servers":[{"loadBalancer":"edge","backend":"shop_api","server":"teal-shop-api-r7-0","state":"Down","check":"L4CON",
                  "sessions":3,"errors":7,"removed":true},
                 {"loadBalancer":"edge","backend":"shop_api","server":"teal-shop-api-r6-0","state":"Up","check":"UP L7OK",
                  "sessions":1,"errors":0}]})");
  const FakeTeald teald{[text = boost::json::serialize(rollout)](const Asked& asked) {
    if (asked.line == "GET /apis/teal/v1/applications/shop") return http_answer(200, canned_application("Degraded"));
    if (asked.line == "GET /apis/teal/v1/rollouts/shop-7") return http_answer(200, text);
    return http_answer(200, "a line\n", "text/plain");
  }};
  const auto got = run_teal({"logs", "shop", "--server", teald.url()});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(got.out, HasSubstr("==> shop-7 evidence of the failure <==\n"
                                 "teal-shop-api-r7-0: exited with code 137\n"
                                 "edge/shop_api teal-shop-api-r7-0 Down: L4CON, 3 sessions, 7 errors, removed when its "
                                 "replica ended\n"
                                 "edge/shop_api teal-shop-api-r6-0 Up: UP L7OK, 1 session, 0 errors\n"));
}

}  // namespace
}  // namespace teal::cli
