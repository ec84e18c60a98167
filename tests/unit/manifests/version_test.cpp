#include "manifests/spec/version.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

spec::Version version(std::string_view text) {
  auto result = spec::parse_version(text);
  EXPECT_TRUE(result.has_value()) << text;
  return result.has_value() ? *result : spec::Version{};
}

TEST(Version, OrdersWhatVendorsWrite) {
  // Each is less than the next.
  const std::vector<std::string> ascending{"0",
                                           "0.9.9",
                                           "1.0.0-alpha",
                                           "1.0.0-alpha.1",
                                           "1.0.0-alpha.beta",
                                           "1.0.0-beta",
                                           "1.0.0-beta.2",
                                           "1.0.0-beta.11",
                                           "1.0.0-rc.1",
                                           "1.0.0",
                                           "v1.0.1",
                                           "1.10",
                                           "2",
                                           "2018.1.11.318",
                                           "2018.1.11.1000",
                                           "2025.1.9",
                                           "2025.1.10",
                                           "2025.2",
                                           "2025.10"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(compare(version(ascending[i]), version(ascending[j])), i <=> j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(Version, TakesDifferentLooksForTheSame) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"1", "1.0.0"}, {"v2.1", "2.1"}, {"2025.01", "2025.1"}, {"1.0+build5", "1.0+other"}, {"V3", "3.0"}}) {
    EXPECT_EQ(compare(version(a), version(b)), std::strong_ordering::equal) << a << " and " << b;
  }
}

TEST(Version, RefusesWhatHasNoOrder) {
  for (const std::string text : {"", "latest", "v", "1.", ".1", "1..2", "1.x", "1-", "1.0-a..b", "-1", "1 2", "1.0+",
                                 "99999999999999999999", "stable-1"}) {
    const auto result = spec::parse_version(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_NE(result.error().message.find("\"" + text + "\""), std::string::npos);
  }
}

TEST(Version, ATrainIsItsLeadingParts) {
  EXPECT_TRUE(spec::same_train(version("2025.2.1"), version("2025.2.9"), 2));
  EXPECT_FALSE(spec::same_train(version("2025.2.1"), version("2025.3.1"), 2));
  EXPECT_TRUE(spec::same_train(version("2025.2.1"), version("2025.3.1"), 1));
  EXPECT_TRUE(spec::same_train(version("2025"), version("2025.0.4"), 2));
  EXPECT_TRUE(spec::same_train(version("1"), version("2"), 0));
  EXPECT_TRUE(spec::same_train(version("1.2.3-rc1"), version("1.2.4"), 2));
}

}  // namespace
}  // namespace teal::test
