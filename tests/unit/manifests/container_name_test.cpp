#include <gtest/gtest.h>

#include "manifests/spec/application.hpp"

namespace teal::test {
namespace {

TEST(ContainerNames, AreTakenApartAsTheyWereMade) {
  for (const auto* unit : {"api", "web-front", "api-r2", "r"}) {
    const auto parsed = spec::parse_container_name("shop", spec::container_name("shop", unit, 12, 3));
    ASSERT_TRUE(parsed) << unit;
    EXPECT_EQ(*parsed, (spec::ContainerName{unit, 12, 3}));
  }
}

TEST(ContainerNames, OthersAreNone) {
  for (const auto* name :
       {"", "teal-shop-", "teal-shop-api", "teal-shop-api-r7", "teal-shop-api-r7-", "teal-shop-api-r-0",
        "teal-shop-api-r7-0x", "teal-shop-api-r7-0-1", "teal-shop-api-r+7-0", "teal-shop-api-r7--1", "teal-shop-r7-0",
        "teal-other-api-r7-0", "xteal-shop-api-r7-0", "teal-shop-api-r99999999999-0"}) {
    EXPECT_FALSE(spec::parse_container_name("shop", name)) << name;
  }
}

}  // namespace
}  // namespace teal::test
