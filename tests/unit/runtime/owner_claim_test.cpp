#include "daemon/runtime/owner_claim.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace teal::test {
namespace {

TEST(OwnerClaim, IsHeldByOneForAsLongAsItLives) {
  const auto owner = fmt::format("test-{}", ::getpid());
  auto held = runtime::claim_owner(owner);
  ASSERT_TRUE(held) << held.error().message;
  const auto refused = runtime::claim_owner(owner);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_TRUE(runtime::claim_owner(owner + "-other"));
  held->close();
  EXPECT_TRUE(runtime::claim_owner(owner));
}

}  // namespace
}  // namespace teal::test
