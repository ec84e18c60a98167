#include "manifests/spec/quantity.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace teal::test {
namespace {

TEST(Memory, ReadsKubernetesAmounts) {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"512Mi", 536'870'912},   {"1G", 1'000'000'000}, {"1.5Gi", 1'610'612'736},  {"0", 0},
      {"134217728", 134217728}, {"2k", 2000},          {"1Ti", 1'099'511'627'776}};
  for (const auto& [text, bytes] : cases) {
    const auto parsed = spec::parse_memory(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(*parsed, bytes) << text;
    EXPECT_EQ(*spec::parse_memory(spec::format_memory(bytes)), bytes);
  }
}

TEST(Memory, RefusesEverythingElseAndNamesIt) {
  for (const std::string text : {"", "Mi", "-1Mi", "512m", "512MB", "512 Mi", "1.Gi", ".5Gi", "1e3", "0.3",
                                 "1.0000001k", "99999999999999999999", "999999999Ti"}) {
    const auto parsed = spec::parse_memory(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_NE(parsed.error().message.find("\"" + text + "\""), std::string::npos);
  }
}

TEST(Memory, WritesTheShortestText) {
  EXPECT_EQ(spec::format_memory(536'870'912), "512Mi");
  EXPECT_EQ(spec::format_memory(1'000'000'000), "1G");
  EXPECT_EQ(spec::format_memory(6'291'457), "6291457");
  EXPECT_EQ(spec::format_memory(0), "0");
}

}  // namespace
}  // namespace teal::test
