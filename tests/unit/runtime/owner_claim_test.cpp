#include "daemon/runtime/owner_claim.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
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

TEST(OwnerClaim, IsNotRefusedForSomebodyElseWhoTookTheName) {
  const auto owner = fmt::format("squatted-{}", ::getpid());
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(done[1]);
    const bool is_other = ::setuid(65534) == 0;
    const auto held = runtime::claim_owner(owner);
    const char word = is_other && held ? 'y' : 'n';
    static_cast<void>(::write(ready[1], &word, 1));
    char end = 0;
    static_cast<void>(::read(done[0], &end, 1));
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y') << "the test has to be able to become another user";
  const auto refused = runtime::claim_owner(owner);
  for (const int end : {ready[0], ready[1], done[0], done[1]}) ::close(end);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace teal::test
