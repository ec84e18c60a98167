// teal preflight: who was looked at, what was found, and whether it blocks.
#include <gmock/gmock.h>

#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

FakeTeald found(const std::string& items) {
  return FakeTeald{
      [items](const Asked&) { return http_answer(200, R"({"kind":"Preflight","items":[)" + items + "]}"); }};
}

TEST(PreflightVerb, SaysWhoWasLookedAtAndWhatBlocks) {
  const auto teald = found(
      R"({"job":"default","database":"database shop on db:5432","migrationUser":"migration","applicationUser":"app",
          "findings":[{"type":"DatabaseWritable","reason":"Replica","message":"it is a replica","blocks":true},
                      {"type":"NoBlockingSessions","reason":"LongTransaction","message":"process 7","blocks":false}]},
         {"job":"backup","hook":"beforeMigration","database":"database shop on db:5432","migrationUser":"backup",
          "applicationUser":"app","findings":[]})");
  const auto got = run_teal({"preflight", "shop", "--server", teald.url()});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.out,
            "migration job default, database shop on db:5432 (migration user migration, application user app)\n"
            "  blocks DatabaseWritable/Replica: it is a replica\n"
            "  note   NoBlockingSessions/LongTransaction: process 7\n"
            "beforeMigration hook backup, database shop on db:5432 (migration user backup, application user app)\n"
            "  nothing to find fault with\n");
}

TEST(PreflightVerb, NamesALoadBalancerByItsBackend) {
  const auto teald = found(
      R"({"job":"","database":"","loadBalancer":"edge/shop_api","migrationUser":"","applicationUser":"","migrated":false,
          "findings":[{"type":"LoadBalancerUsable","reason":"BackendNotFound","message":"it has web","blocks":true}]})");
  const auto got = run_teal({"preflight", "shop", "--server", teald.url()});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.out,
            "load balancer edge/shop_api\n"
            "  blocks LoadBalancerUsable/BackendNotFound: it has web\n");
}

TEST(PreflightVerb, IsDoneWhenNothingBlocks) {
  const auto teald = found("");
  const auto got = run_teal({"preflight", "shop", "--server", teald.url()});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.out, "shop: no load balancer, and no migration job or hook names its database: nothing to look at\n");
}

}  // namespace
}  // namespace teal::cli
