#include "manifests/foundation/percent.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

TEST(Percent, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/c?d=é&\n"), "a%20b%2Fc%3Fd%3D%C3%A9%26%0A");
}

TEST(Percent, IsDecodedOnce) {
  EXPECT_EQ(percent_decode("%252e%00"), std::string("%2e\0", 4));
  EXPECT_EQ(percent_decode("a+b%2b"), "a+b+");
  EXPECT_EQ(percent_decode("a+b%2b", PlusMeans::Space), "a b+");
  EXPECT_EQ(percent_decode("é|\"{}"), "é|\"{}");  // what stands there uncoded stays
  for (const auto* broken : {"%", "%4", "a%zz", "%%41"}) EXPECT_FALSE(percent_decode(broken)) << broken;
}

}  // namespace
}  // namespace teal::test
